#include "seqlab/tensor/transpose.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "seqlab/tensor/simd.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

constexpr Index kBlock = 4;
constexpr Index kWide = std::max(kLanes, kBlock);

using Block = Real __attribute__((vector_size(kBlock * sizeof(Real))));
using Wide = Real __attribute__((vector_size(kWide * sizeof(Real))));

/// Of each block of four elements of a and b those from `first` on, in turns or in pairs.
template <std::size_t first, std::size_t... i>
Wide in_turns(Wide a, Wide b, std::index_sequence<i...>) {
  return __builtin_shufflevector(a, b, (i / 4 * 4 + first + i % 4 / 2 + i % 2 * kWide)...);
}
template <std::size_t first, std::size_t... i>
Wide in_pairs(Wide a, Wide b, std::index_sequence<i...>) {
  return __builtin_shufflevector(a, b, (i / 4 * 4 + first + i % 2 + i % 4 / 2 * kWide)...);
}

/// Each block of four elements to the start of another row, `distance` apart.
template <std::size_t... block>
void store_blocks(Wide values, Real* to, Index distance, std::index_sequence<block...>) {
  const auto store = [&](Index number, Block part) {
    std::memcpy(to + number * distance, &part, sizeof(part));
  };
  (store(block, __builtin_shufflevector(values, values, 4 * block, 4 * block + 1, 4 * block + 2,
                                        4 * block + 3)),
   ...);
}

/// Four rows of kWide columns, each block of 4 x 4 where it lies in the registers. `stride` and
/// `width` are the distances between the rows of `from` and `to`.
void transpose_four_rows(const Real* from, Index stride, Real* to, Index width) {
  constexpr auto kEach = std::make_index_sequence<kWide>();
  constexpr auto kBlocks = std::make_index_sequence<kWide / kBlock>();
  Wide r0, r1, r2, r3;
  std::memcpy(&r0, from, sizeof(Wide));
  std::memcpy(&r1, from + stride, sizeof(Wide));
  std::memcpy(&r2, from + 2 * stride, sizeof(Wide));
  std::memcpy(&r3, from + 3 * stride, sizeof(Wide));
  const Wide low01 = in_turns<0>(r0, r1, kEach), high01 = in_turns<2>(r0, r1, kEach);
  const Wide low23 = in_turns<0>(r2, r3, kEach), high23 = in_turns<2>(r2, r3, kEach);
  store_blocks(in_pairs<0>(low01, low23, kEach), to, kBlock * width, kBlocks);
  store_blocks(in_pairs<2>(low01, low23, kEach), to + width, kBlock * width, kBlocks);
  store_blocks(in_pairs<0>(high01, high23, kEach), to + 2 * width, kBlock * width, kBlocks);
  store_blocks(in_pairs<2>(high01, high23, kEach), to + 3 * width, kBlock * width, kBlocks);
}

}  // namespace

void transpose(ConstMatrixRef from, MatrixRef to) {
  constexpr Index kTile = 16;  // so that reads and writes stay within a few cache lines
  for (Index row = 0; row < from.rows; row += kTile) {
    const Index row_end = std::min(row + kTile, from.rows);
    for (Index col = 0; col < from.cols; col += kTile) {
      const Index col_end = std::min(col + kTile, from.cols);
      Index r = row;
      for (; r + kBlock <= row_end; r += kBlock) {
        Index c = col;
        for (; c + kWide <= col_end; c += kWide) {
          transpose_four_rows(from.row(r) + c, from.stride, to.row(c) + r, to.stride);
        }
        for (; c < col_end; ++c) {
          for (Index i = r; i < r + kBlock; ++i) to.row(c)[i] = from.row(i)[c];
        }
      }
      for (; r < row_end; ++r) {
        for (Index c = col; c < col_end; ++c) to.row(c)[r] = from.row(r)[c];
      }
    }
  }
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
