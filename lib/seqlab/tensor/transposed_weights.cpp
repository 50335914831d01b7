#include "seqlab/tensor/transposed_weights.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "seqlab/tensor/transpose.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

thread_local TransposedWeights* active = nullptr;

/// So many columns that rows are an odd number of cache lines apart. Rows a power of two apart would
/// fall into the same places of the cache, and a product take two to three times as long.
Index padded(Index columns) {
  constexpr Index kTwoLines = 128 / sizeof(Real);
  return (columns + kTwoLines - 1) / kTwoLines * kTwoLines + kTwoLines / 2;
}

}  // namespace

void TransposedWeights::update(Workers& workers) {
  constexpr Index kRows = 1024;
  std::erase_if(copies_, [](const auto& entry) { return !entry.second.used; });
  for (auto& [key, copy] : copies_) {
    copy.used = false;
    const ConstMatrixRef weight = std::make_from_tuple<ConstMatrixRef>(key);
    const MatrixRef to = ref(copy.values);
    workers.run((weight.rows + kRows - 1) / kRows, [&](Index block) {
      const Index first = block * kRows, size = std::min(kRows, weight.rows - first);
      transpose(weight.row_block(first, size), to.column_block(first, size));
    });
  }
}

std::optional<ConstMatrixRef> TransposedWeights::find(ConstMatrixRef weight) {
  const Real* const begin = parameters_.data();
  if (std::less<>()(weight.data, begin) ||
      !std::less<>()(weight.data, begin + parameters_.size())) {
    return std::nullopt;
  }
  const std::scoped_lock lock(mutex_);
  const Key key(weight.data, weight.rows, weight.cols, weight.stride);
  const auto [place, added] = copies_.try_emplace(key);
  Matrix& copy = place->second.values;
  place->second.used = true;
  if (added) {
    copy = make_matrix(weight.cols, padded(weight.rows));
    transpose(weight, ref(copy).column_block(0, weight.rows));
  }
  return ref(std::as_const(copy)).column_block(0, weight.rows);
}

TransposedProducts::TransposedProducts(TransposedWeights* weights) {
  check(active == nullptr, "transposed products inside of others");
  active = weights;
}

TransposedProducts::~TransposedProducts() { active = nullptr; }

std::optional<ConstMatrixRef> find_transposed(ConstMatrixRef weight) {
  return active == nullptr ? std::nullopt : active->find(weight);
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
