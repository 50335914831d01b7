#include "seqlab/tensor/small_product.hpp"

#include <algorithm>
#include <array>

#include "seqlab/tensor/simd.hpp"
#include "seqlab/tensor/transpose.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

constexpr Index kFewestRows = 8;
constexpr Index kMostDepth = 256;
constexpr Index kMostRegisters = 4;  // in a row of c
constexpr Index kAccumulators = 12;  // of 16 registers, the others hold factors

/// op(a): element (r, i) stands at data[r * row + i * step].
struct LeftFactor {
  const Real* data;
  Index row;
  Index step;
};

/// op(b): its rows one after the other, each filled up with zeros to whole registers.
using Panel = std::array<Real, static_cast<std::size_t>(kMostDepth* kMostRegisters* kLanes)>;

void pack_rows(ConstMatrixRef b, Real* panel, Index width) {
  const Index whole = b.cols / kLanes * kLanes;
  for (Index i = 0; i < b.rows; ++i) {
    const Real* from = b.row(i);
    Real* to = panel + i * width;
    for (Index j = 0; j < whole; j += kLanes) Simd::load_unaligned(from + j).store_aligned(to + j);
    if (whole < b.cols) {
      load_partial(from + whole, b.cols - whole, Real(0)).store_aligned(to + whole);
    }
  }
}

/// The rows of b become the panel's columns.
void pack_columns(ConstMatrixRef b, Real* panel, Index width) {
  transpose(b, {panel, b.cols, b.rows, width});
  for (Index i = 0; i < b.cols; ++i) {
    std::fill(panel + i * width + b.rows, panel + (i + 1) * width, Real(0));
  }
}

/// kRows rows of c, kept in registers until all `depth` terms are added up.
template <Index kRows, Index kRegisters>
void multiply_rows(LeftFactor a, const Real* panel, Index depth, Real alpha, Real beta,
                   MatrixRef c) {
  std::array<std::array<Simd, kRegisters>, kRows> sums;
  for (auto& row : sums) row.fill(Simd(Real(0)));
  for (Index i = 0; i < depth; ++i) {
    std::array<Simd, kRegisters> factors;
    for (std::size_t x = 0; x < kRegisters; ++x) {
      factors[x] = Simd::load_aligned(panel + (i * kRegisters + static_cast<Index>(x)) * kLanes);
    }
    for (std::size_t r = 0; r < kRows; ++r) {
      const Simd factor(a.data[static_cast<Index>(r) * a.row + i * a.step]);
      for (std::size_t x = 0; x < kRegisters; ++x) {
        sums[r][x] = xsimd::fma(factor, factors[x], sums[r][x]);
      }
    }
  }
  const Index rest = c.cols - (kRegisters - 1) * kLanes;  // in the last register
  for (std::size_t r = 0; r < kRows; ++r) {
    Real* y = c.row(static_cast<Index>(r));
    const auto result = [&](Simd sum, auto&& load) {
      return beta == Real(0) ? Simd(alpha) * sum
                             : xsimd::fma(Simd(alpha), sum, Simd(beta) * load());
    };
    for (std::size_t x = 0; x + 1 < kRegisters; ++x, y += kLanes) {
      result(sums[r][x], [&] { return Simd::load_unaligned(y); }).store_unaligned(y);
    }
    const Simd last = sums[r][kRegisters - 1];
    if (rest == kLanes) {
      result(last, [&] { return Simd::load_unaligned(y); }).store_unaligned(y);
    } else {
      store_partial(y, rest, result(last, [&] { return load_partial(y, rest, Real(0)); }));
    }
  }
}

template <Index kRegisters>
void multiply_panel(LeftFactor a, const Real* panel, Index depth, Real alpha, Real beta,
                    MatrixRef c) {
  constexpr Index kRows = std::min(kAccumulators / kRegisters, kFewestRows);
  Index r = 0;
  const auto next = [&] { return LeftFactor{a.data + r * a.row, a.row, a.step}; };
  for (; r + kRows <= c.rows; r += kRows) {
    multiply_rows<kRows, kRegisters>(next(), panel, depth, alpha, beta, c.row_block(r, kRows));
  }
  for (; r < c.rows; ++r) {
    multiply_rows<1, kRegisters>(next(), panel, depth, alpha, beta, c.row_block(r, 1));
  }
}

}  // namespace

bool suits_small_product(Index m, Index n, Index k) {
  return m >= kFewestRows && n <= kMostRegisters * kLanes && k <= kMostDepth;
}

void small_product(Transpose transpose_a, Transpose transpose_b, Real alpha, ConstMatrixRef a,
                   ConstMatrixRef b, Real beta, MatrixRef c) {
  const bool transposed = transpose_a == Transpose::yes;
  const LeftFactor left{a.data, transposed ? 1 : a.stride, transposed ? a.stride : 1};
  const Index depth = transposed ? a.rows : a.cols;
  constexpr std::array multiply{multiply_panel<1>, multiply_panel<2>, multiply_panel<3>,
                                multiply_panel<4>};
  static_assert(multiply.size() == kMostRegisters);
  const Index registers = (c.cols + kLanes - 1) / kLanes;
  alignas(64) Panel panel;
  if (transpose_b == Transpose::yes) {
    pack_columns(b, panel.data(), registers * kLanes);
  } else {
    pack_rows(b, panel.data(), registers * kLanes);
  }
  multiply[static_cast<std::size_t>(registers - 1)](left, panel.data(), depth, alpha, beta, c);
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
