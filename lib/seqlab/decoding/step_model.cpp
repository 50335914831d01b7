#include "seqlab/decoding/step_model.hpp"

#include <utility>

#include "seqlab/tensor/rows.hpp"

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
    // All columns are kept, so that a cache does not lose its room to grow.
    Matrix gathered = make_matrix(static_cast<Index>(parents.size()), cols(entry.values));
    gather_rows(ref(std::as_const(entry.values)).column_block(0, used), parents,
                ref(gathered).column_block(0, used));
    entry.values = std::move(gathered);
  }
  std::vector<Index> gathered(parents.size());
  for (std::size_t r = 0; r < parents.size(); ++r) {
    gathered[r] = source_rows[static_cast<std::size_t>(parents[r])];
  }
  source_rows = std::move(gathered);
}

Index max_target_length(const StepModel& model, const DecodingOptions& options,
                        Index source_tokens) {
  const Index positions = model.max_steps(source_tokens + 1);
  return std::max<Index>(1, std::min(max_target_length(options, source_tokens), positions));
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
