#include "seqlab/tensor/small_product.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "seqlab/tensor/simd.hpp"
#include "seqlab/tensor/transpose.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

constexpr Index kMostWork = 1 << 18;  // of a small product
constexpr Index kFewestRows = 8;      // of a small product
constexpr Index kFewRows = kRegisterCount >= 32 ? 40 : 24;  // with more, the libraries keep up

// A panel is some columns of the result, as whole registers. Its rows are computed a few at a time,
// their terms added up in registers: 12 of AVX2's 16, 24 of AVX-512's 32, the others hold factors.
constexpr Index kAccumulators = kRegisterCount - kRegisterCount / 4;
constexpr Index kMostRegisters = 4;
constexpr Index kPanel = kRegisterCount >= 32 ? 3 : 2;  // registers, where there are more columns
constexpr Index kMostRows = 12;
constexpr Index kTerms = 256;  // added up at a time: two panels stay near, and rounding small

/// op(a): element (r, i) stands at data[r * row + i * step].
struct LeftFactor {
  const Real* data;
  Index row;
  Index step;

  LeftFactor from_row(Index r) const { return {data + r * row, row, step}; }
};

/// f(0), ..., f(count - 1), each with its number as a constant, so that an array's elements can be
/// registers.
template <std::size_t... kNumbers, typename Function>
[[gnu::always_inline]] inline void unroll(std::index_sequence<kNumbers...>, Function&& f) {
  (f(std::integral_constant<std::size_t, kNumbers>()), ...);
}

/// kRows rows of c: a [kRows, terms] times b [terms, kRegisters registers]. Where there is a `next`
/// panel, beside b, it is fetched from memory meanwhile.
template <Index kRows, Index kRegisters>
void multiply_rows(LeftFactor a, ConstMatrixRef b, const Real* next, Real alpha, Real beta,
                   MatrixRef c) {
  constexpr Index kLine = 64 / sizeof(Real);
  constexpr auto kEachRow = std::make_index_sequence<kRows>();
  constexpr auto kEachRegister = std::make_index_sequence<kRegisters>();
  std::array<std::array<Simd, kRegisters>, kRows> sums;
  unroll(kEachRow,
         [&](auto r) { unroll(kEachRegister, [&](auto x) { sums[r][x] = Simd(Real(0)); }); });
  for (Index i = 0; i < b.rows; ++i) {
    std::array<Simd, kRegisters> factors;
    unroll(kEachRegister, [&](auto x) {
      factors[x] = Simd::load_unaligned(b.row(i) + static_cast<Index>(x) * kLanes);
    });
    if (next != nullptr) {
      for (Index x = 0; x < kRegisters * kLanes; x += kLine) {
        __builtin_prefetch(next + i * b.stride + x, 0, 2);
      }
    }
    unroll(kEachRow, [&](auto r) {
      const Simd factor(a.data[static_cast<Index>(r) * a.row + i * a.step]);
      unroll(kEachRegister,
             [&](auto x) { sums[r][x] = xsimd::fma(factor, factors[x], sums[r][x]); });
    });
  }
  const Index rest = c.cols - (kRegisters - 1) * kLanes;  // in the last register
  unroll(kEachRow, [&](auto r) {
    unroll(kEachRegister, [&](auto x) {
      Real* y = c.row(static_cast<Index>(r)) + static_cast<Index>(x) * kLanes;
      const auto result = [&](auto&& load) {
        return beta == Real(0) ? Simd(alpha) * sums[r][x]
                               : xsimd::fma(Simd(alpha), sums[r][x], Simd(beta) * load());
      };
      if (x + 1 < kRegisters || rest == kLanes) {
        result([&] { return Simd::load_unaligned(y); }).store_unaligned(y);
      } else {
        store_partial(y, rest, result([&] { return load_partial(y, rest, Real(0)); }));
      }
    });
  });
}

using MultiplyRows = void (*)(LeftFactor, ConstMatrixRef, const Real*, Real, Real, MatrixRef);

constexpr Index most_rows(Index registers) {
  return std::min(kAccumulators / registers, kMostRows);
}

/// multiply_rows for 1 to most_rows(kRegisters) rows.
template <Index kRegisters, std::size_t... kRows>
constexpr std::array<MultiplyRows, kMostRows> by_rows(std::index_sequence<kRows...>) {
  return {multiply_rows<static_cast<Index>(kRows) + 1, kRegisters>...};
}
template <Index kRegisters>
constexpr std::array<MultiplyRows, kMostRows> by_rows() {
  return by_rows<kRegisters>(std::make_index_sequence<most_rows(kRegisters)>());
}

/// In groups of rows as even as can be: a group of one or two would not keep the processor busy.
void multiply_panel(LeftFactor a, ConstMatrixRef b, const Real* next, Real alpha, Real beta,
                    MatrixRef c) {
  static constexpr std::array<std::array<MultiplyRows, kMostRows>, kMostRegisters> kMultiply{
      by_rows<1>(), by_rows<2>(), by_rows<3>(), by_rows<4>()};
  const Index registers = (c.cols + kLanes - 1) / kLanes;
  const auto& multiply = kMultiply[static_cast<std::size_t>(registers - 1)];
  const Index most = most_rows(registers);
  Index groups = (c.rows + most - 1) / most;
  for (Index r = 0; r < c.rows; --groups) {
    const Index count = (c.rows - r + groups - 1) / groups;
    multiply[static_cast<std::size_t>(count - 1)](a.from_row(r), b, r == 0 ? next : nullptr, alpha,
                                                  beta, c.row_block(r, count));
    r += count;
  }
}

/// A panel's columns of op(b), one row after the other.
struct Packed {
  alignas(64) std::array<Real, static_cast<std::size_t>(kTerms * kMostRegisters * kLanes)> values;
};

/// `count` columns of op(b) from `first` on, with zeros to the end of their last register.
ConstMatrixRef pack(Transpose transpose_b, ConstMatrixRef b, Index first, Index count,
                    Packed& packed) {
  const Index width = (count + kLanes - 1) / kLanes * kLanes, last = width - kLanes;
  const Index terms = transpose_b == Transpose::yes ? b.cols : b.rows;
  const MatrixRef panel{packed.values.data(), terms, width, width};
  if (transpose_b == Transpose::yes) {
    for (Index i = 0; i < terms; ++i) Simd(Real(0)).store_aligned(panel.row(i) + last);
    transpose(b.row_block(first, count), panel.column_block(0, count));
    return panel;
  }
  for (Index i = 0; i < terms; ++i) {
    const Real* from = b.row(i) + first;
    for (Index j = 0; j < last; j += kLanes) {
      Simd::load_unaligned(from + j).store_aligned(panel.row(i) + j);
    }
    load_partial(from + last, count - last, Real(0)).store_aligned(panel.row(i) + last);
  }
  return panel;
}

/// c = alpha * a * op(b) + beta * c for up to kTerms terms.
void add_terms(LeftFactor a, Transpose transpose_b, Real alpha, ConstMatrixRef b, Real beta,
               MatrixRef c) {
  Packed packed;
  for (Index col = 0; col < c.cols;) {
    const Index columns_left = c.cols - col;
    const Index count = columns_left <= kMostRegisters * kLanes ? columns_left : kPanel * kLanes;
    const bool in_place = transpose_b == Transpose::no && count % kLanes == 0;
    const ConstMatrixRef panel =
        in_place ? b.column_block(col, count) : pack(transpose_b, b, col, count, packed);
    const Real* next = in_place && count < columns_left ? panel.data + count : nullptr;
    multiply_panel(a, panel, next, alpha, beta, c.column_block(col, count));
    col += count;
  }
}

}  // namespace

bool suits_small_product(Transpose transpose_b, Index m, Index n, Index k) {
  const bool small = m * n * k < kMostWork && m >= kFewestRows && n <= kMostRegisters * kLanes;
  const bool few_rows = transpose_b == Transpose::no && m > 1 && m <= kFewRows;
  return small || few_rows;
}

void small_product(Transpose transpose_a, Transpose transpose_b, Real alpha, ConstMatrixRef a,
                   ConstMatrixRef b, Real beta, MatrixRef c) {
  const Index terms = transpose_a == Transpose::yes ? a.rows : a.cols;
  Index term = 0;
  do {  // without terms too: c becomes beta c
    const Index count = std::min(kTerms, terms - term);
    add_terms(transpose_a == Transpose::yes ? LeftFactor{a.row(term), 1, a.stride}
                                            : LeftFactor{a.data + term, a.stride, 1},
              transpose_b, alpha,
              transpose_b == Transpose::yes ? b.column_block(term, count) : b.row_block(term, count),
              term == 0 ? beta : Real(1), c);
    term += count;
  } while (term < terms);
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
