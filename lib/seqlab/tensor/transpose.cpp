#include "seqlab/tensor/transpose.hpp"

#include <algorithm>
#include <cstring>

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

constexpr Index kBlock = 4;

/// Four numbers in a register, for transposing blocks of 4 x 4 on any processor.
using Four = Real __attribute__((vector_size(4 * sizeof(Real))));

/// `stride` and `width` are the distances between the rows of `from` and `to`.
void transpose_four_by_four(const Real* from, Index stride, Real* to, Index width) {
  Four r0, r1, r2, r3;
  std::memcpy(&r0, from, sizeof(Four));
  std::memcpy(&r1, from + stride, sizeof(Four));
  std::memcpy(&r2, from + 2 * stride, sizeof(Four));
  std::memcpy(&r3, from + 3 * stride, sizeof(Four));
  const Four low01 = __builtin_shufflevector(r0, r1, 0, 4, 1, 5);
  const Four high01 = __builtin_shufflevector(r0, r1, 2, 6, 3, 7);
  const Four low23 = __builtin_shufflevector(r2, r3, 0, 4, 1, 5);
  const Four high23 = __builtin_shufflevector(r2, r3, 2, 6, 3, 7);
  r0 = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
  r1 = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
  r2 = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
  r3 = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
  std::memcpy(to, &r0, sizeof(Four));
  std::memcpy(to + width, &r1, sizeof(Four));
  std::memcpy(to + 2 * width, &r2, sizeof(Four));
  std::memcpy(to + 3 * width, &r3, sizeof(Four));
}

}  // namespace

void transpose(ConstMatrixRef from, MatrixRef to) {
  constexpr Index kTile = 16;  // so that reads and writes stay within a few cache lines
  for (Index row = 0; row < from.rows; row += kTile) {
    const Index row_end = std::min(row + kTile, from.rows);
    for (Index col = 0; col < from.cols; col += kTile) {
      const Index col_end = std::min(col + kTile, from.cols);
      for (Index r = row; r < row_end; r += kBlock) {
        for (Index c = col; c < col_end; c += kBlock) {
          if (r + kBlock <= row_end && c + kBlock <= col_end) {
            transpose_four_by_four(from.row(r) + c, from.stride, to.row(c) + r, to.stride);
            continue;
          }
          for (Index i = r; i < std::min(r + kBlock, row_end); ++i) {
            for (Index j = c; j < std::min(c + kBlock, col_end); ++j) to.row(j)[i] = from.row(i)[j];
          }
        }
      }
    }
  }
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
