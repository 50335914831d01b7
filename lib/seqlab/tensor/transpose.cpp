#include "seqlab/tensor/transpose.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "seqlab/tensor/simd.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

constexpr auto kLaneCount = static_cast<std::size_t>(kLanes);
constexpr auto kEachLane = std::make_index_sequence<kLaneCount>();

/// Of two rows `distance` apart, the blocks of so many elements that are to change places: what the
/// lower row (a) has in its odd blocks and the upper (b) in its even ones.
template <std::size_t distance, std::size_t... i>
void exchange(Register& a, Register& b, std::index_sequence<i...>) {
  const Register even =
      __builtin_shufflevector(a, b, ((i & distance) != 0 ? kLaneCount + i - distance : i)...);
  const Register odd =
      __builtin_shufflevector(a, b, ((i & distance) != 0 ? kLaneCount + i : i + distance)...);
  a = even;
  b = odd;
}

/// Transposes a square by exchanging its off-diagonal quarters, then those of each quarter, and so
/// on.
template <std::size_t distance>
[[gnu::always_inline]] inline void transpose_square(std::array<Register, kLaneCount>& rows) {
  const auto step = [&]<std::size_t... i>(std::index_sequence<i...>) {
    (((i & distance) == 0 ? exchange<distance>(rows[i], rows[i | distance], kEachLane) : void()),
     ...);
  };
  step(kEachLane);
  if constexpr (distance > 1) transpose_square<distance / 2>(rows);
}

/// Up to kLanes rows and columns.
template <bool whole>
void transpose_block(ConstMatrixRef from, MatrixRef to) {
  std::array<Register, kLaneCount> rows;
  const auto load = [&](Index r) {
    if constexpr (whole) return static_cast<Register>(Simd::load_unaligned(from.row(r)));
    if (r >= from.rows) return static_cast<Register>(Simd(Real(0)));
    if (from.cols == kLanes) return static_cast<Register>(Simd::load_unaligned(from.row(r)));
    return static_cast<Register>(load_partial(from.row(r), from.cols, Real(0)));
  };
  const auto store = [&](Index c, Register values) {
    if (c >= to.rows) return;
    if (whole || to.cols == kLanes) {
      Simd(values).store_unaligned(to.row(c));
    } else {
      store_partial(to.row(c), to.cols, Simd(values));
    }
  };
  const auto all = [&]<std::size_t... i>(std::index_sequence<i...>) {
    ((rows[i] = load(static_cast<Index>(i))), ...);
    transpose_square<kLaneCount / 2>(rows);
    (store(static_cast<Index>(i), rows[i]), ...);
  };
  all(kEachLane);
}

}  // namespace

void transpose(ConstMatrixRef from, MatrixRef to) {
  for (Index row = 0; row < from.rows; row += kLanes) {
    const Index row_count = std::min(kLanes, from.rows - row);
    for (Index col = 0; col < from.cols; col += kLanes) {
      const Index col_count = std::min(kLanes, from.cols - col);
      const ConstMatrixRef block = from.row_block(row, row_count).column_block(col, col_count);
      const MatrixRef target = to.row_block(col, col_count).column_block(row, row_count);
      if (row_count == kLanes && col_count == kLanes) {
        transpose_block<true>(block, target);
      } else {
        transpose_block<false>(block, target);
      }
    }
  }
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
