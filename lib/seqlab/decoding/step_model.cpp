#include "seqlab/decoding/step_model.hpp"

#include <algorithm>

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

bool is_identity(std::span<const Index> parents, Index size) {
  if (static_cast<Index>(parents.size()) != size) return false;
  for (Index r = 0; r < size; ++r) {
    if (parents[static_cast<std::size_t>(r)] != r) return false;
  }
  return true;
}

// All columns are kept, so that a cache does not lose its room to grow.
Matrix gather(const Matrix& from, Index used_columns, std::span<const Index> parents) {
  const Index count = static_cast<Index>(parents.size());
  Matrix to = make_matrix(count, cols(from));
  const ConstMatrixRef in = ref(from);
  const MatrixRef out = ref(to);
  for (Index r = 0; r < count; ++r) {
    std::copy_n(in.row(parents[static_cast<std::size_t>(r)]), used_columns, out.row(r));
  }
  return to;
}

}  // namespace

void DecoderState::select_rows(std::span<const Index> parents) {
  if (is_identity(parents, size())) return;
  for (const Index parent : parents) {
    check(parent >= 0 && parent < size(), "row {} of a decoder state with {} rows", parent, size());
  }
  for (RowValues& entry : rows) {
    check(seqlab::rows(entry.values) == size(),
          "a decoder state of {} rows holds values of {} rows", size(), seqlab::rows(entry.values));
    const Index used = entry.used_columns < 0 ? cols(entry.values) : entry.used_columns;
    check(used <= cols(entry.values), "{} used columns of {}", used, cols(entry.values));
    entry.values = gather(entry.values, used, parents);
  }
  std::vector<Index> gathered(parents.size());
  for (std::size_t r = 0; r < parents.size(); ++r) {
    gathered[r] = source_rows[static_cast<std::size_t>(parents[r])];
  }
  source_rows = std::move(gathered);
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
