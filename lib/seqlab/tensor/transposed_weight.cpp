#include "seqlab/tensor/transposed_weight.hpp"

#include <algorithm>

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

thread_local const TransposedWeight* active = nullptr;

/// Tile by tile, so that reads and writes stay within a few cache lines.
void transpose(ConstMatrixRef from, MatrixRef to) {
  constexpr Index kTile = 16;
  for (Index row = 0; row < from.rows; row += kTile) {
    const Index row_end = std::min(row + kTile, from.rows);
    for (Index col = 0; col < from.cols; col += kTile) {
      const Index col_end = std::min(col + kTile, from.cols);
      for (Index c = col; c < col_end; ++c) {
        for (Index r = row; r < row_end; ++r) to.row(c)[r] = from.row(r)[c];
      }
    }
  }
}

}  // namespace

// Rows a power of two apart would fall into the same places of the cache: with 8192 words and 32
// rows the product then takes two to three times as long.
TransposedWeight::TransposedWeight(ConstMatrixRef weight, Workers& workers)
    : original_(weight), transposed_(make_matrix(weight.cols, weight.rows + 16)) {
  constexpr Index kRows = 512;  // of the weight, for one task
  workers.run((weight.rows + kRows - 1) / kRows, [&](Index task) {
    const Index first = task * kRows, count = std::min(kRows, weight.rows - first);
    transpose(weight.row_block(first, count), ref(transposed_).column_block(first, count));
  });
}

TransposedProducts::TransposedProducts(const TransposedWeight* weight) {
  check(active == nullptr, "transposed products inside of others");
  active = weight;
}

TransposedProducts::~TransposedProducts() { active = nullptr; }

const TransposedWeight* find_transposed(ConstMatrixRef weight) {
  const bool found = active != nullptr && active->original().data == weight.data &&
                     active->original().rows == weight.rows;
  return found ? active : nullptr;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
