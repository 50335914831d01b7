#pragma once

// What panel_product is made of, for its two kinds of numbers: the sums of a few rows by one panel
// in registers, all rows by a panel, all panels. Only panel_product.cpp, bf16_panels.cpp and
// bf16_tiles.cpp use it.

#include <algorithm>
#include <array>
#include <utility>

#include "seqlab/tensor/panel_product.hpp"
#include "seqlab/tensor/simd.hpp"
#include "seqlab/tensor/transpose.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace panels {

// A panel is some columns of the result, as whole registers. Its rows are computed a few at a time,
// their terms added up in registers: 12 of AVX2's 16, 24 of AVX-512's 32, the others hold factors.
inline constexpr Index kAccumulators = kRegisterCount - kRegisterCount / 4;
inline constexpr Index kMostRegisters = kManyRegisters ? 4 : 2;
inline constexpr Index kMostRows = 12;
// So many terms are added up at a time: two panels stay near, and rounding small.
inline constexpr Index kTerms = 256;

inline constexpr Index kPanel = kMostRegisters * kLanes;  // columns, but for the last of a matrix
static_assert(kPanelStep % kPanel == 0);

// `Terms` says what is multiplied: Singles (panel_product.cpp) or Bf16Pairs (bf16_panels.cpp).
// Number is that of the left matrix; `broadcast` reads one of them, or a pair, into all lanes;
// `add` adds their products with a register of a panel to a sum.

/// op(a): element (r, i) stands at data[r * row + i * step].
template <typename Terms>
struct LeftFactor {
  const typename Terms::Number* data;
  Index row;
  Index step;

  LeftFactor from_row(Index r) const { return {data + r * row, row, step}; }
};

/// Lines of memory (64 bytes) that a panel of so many registers has in a row.
inline constexpr Index kLine = 64 / sizeof(Real);
constexpr Index lines_of(Index registers) { return (registers * kLanes + kLine - 1) / kLine; }

/// For what is called between the sums: for a call that it does not inline the compiler stores them
/// all; one that only fetches it may leave out as one without effect.
#define SEQLAB_INLINED __attribute__((always_inline))

/// f(0), ..., f(count - 1), each with its number as a constant, so that an array's elements can be
/// registers.
template <std::size_t... kNumbers, typename Function>
[[gnu::always_inline]] inline void unroll(std::index_sequence<kNumbers...>, Function&& f) {
  (f(std::integral_constant<std::size_t, kNumbers>()), ...);
}

/// kRows rows of c: a [kRows, terms] times b [terms, kRegisters registers]. At each term,
/// `fetch_ahead` may fetch a part of the next panel from memory. c is fetched just before it is
/// written: at the start would be too soon, b's panel would push it out again. Inlined beside
/// others of its kind, it would not keep its sums in registers.
template <typename Terms, Index kRows, Index kRegisters, typename FetchAhead>
[[gnu::noinline]] void multiply_group(LeftFactor<Terms> a, ConstMatrixRef b, FetchAhead fetch_ahead,
                                      const ProductResult& result) {
  const auto [alpha, beta, start, c] = result;
  constexpr Index kLines = lines_of(kRegisters);
  constexpr auto kEachRow = std::make_index_sequence<kRows>();
  constexpr auto kEachRegister = std::make_index_sequence<kRegisters>();
  std::array<std::array<Simd, kRegisters>, kRows> sums;
  unroll(kEachRow, [&](auto r) SEQLAB_INLINED {
    unroll(kEachRegister, [&](auto x) SEQLAB_INLINED { sums[r][x] = Simd(Real(0)); });
  });
  const auto add_term = [&](Index i) SEQLAB_INLINED {
    std::array<Simd, kRegisters> factors;
    unroll(kEachRegister, [&](auto x) SEQLAB_INLINED {
      factors[x] = Simd::load_unaligned(b.row(i) + static_cast<Index>(x) * kLanes);
    });
    fetch_ahead(i);
    unroll(kEachRow, [&](auto r) SEQLAB_INLINED {
      const Simd factor = Terms::broadcast(a.data + static_cast<Index>(r) * a.row + i * a.step);
      unroll(kEachRegister, [&](auto x) SEQLAB_INLINED {
        sums[r][x] = Terms::add(factor, factors[x], sums[r][x]);
      });
    });
  };
  constexpr Index kLinesOfC = kRows * kLines;
  Index term = 0;
  if (b.rows >= 2 * kLinesOfC) {
    while (term < b.rows - 2 * kLinesOfC) add_term(term++);
    for (Index line = 0; line < kLinesOfC; ++line) {
      __builtin_prefetch(c.row(line / kLines) + line % kLines * kLine, 1);
      add_term(term++);
    }
  }
  while (term < b.rows) add_term(term++);
  const Index rest = c.cols - (kRegisters - 1) * kLanes;  // in the last register
  unroll(kEachRow, [&](auto r) SEQLAB_INLINED {
    unroll(kEachRegister, [&](auto x) SEQLAB_INLINED {
      const Index row = static_cast<Index>(r), column = static_cast<Index>(x) * kLanes;
      const Real* from = start.row(row) + column;
      Real* to = c.row(row) + column;
      const auto sum = [&](auto&& load) SEQLAB_INLINED {
        return beta == Real(0) ? Simd(alpha) * sums[r][x]
                               : xsimd::fma(Simd(alpha), sums[r][x], Simd(beta) * load());
      };
      if (x + 1 < kRegisters || rest == kLanes) {
        sum([&]() SEQLAB_INLINED { return Simd::load_unaligned(from); }).store_unaligned(to);
      } else {
        store_partial(to, rest, sum([&]() SEQLAB_INLINED {
                        return load_partial(from, rest, Real(0));
                      }));
      }
    });
  });
}

/// The panel to be multiplied after this one, and what is left to be fetched of it in the meantime.
struct NextPanel {
  const Real* data;
  Index stride;
  Index lines;  // of each of its rows
};

/// The rows of c in groups of kRows, their number a multiple of it. Each group fetches one line a
/// term of the `next` panel while any are left: all of it takes longer than the arithmetic of one
/// group. If `at_once`, the first group fetches all the same, there being too few.
template <typename Terms, Index kRows, Index kRegisters>
void multiply_rows(LeftFactor<Terms> a, ConstMatrixRef b, bool at_once, NextPanel& next,
                   const ProductResult& result) {
  constexpr Index kLines = lines_of(kRegisters);
  Index r = 0;
  const auto multiply_next = [&](auto fetch_ahead) {
    multiply_group<Terms, kRows, kRegisters>(a.from_row(r), b, fetch_ahead,
                                             result.row_block(r, kRows));
    r += kRows;
  };
  if (at_once && next.lines > 0) {
    multiply_next([panel = next](Index i) SEQLAB_INLINED {
      for (Index x = 0; x < kLines; ++x) {
        __builtin_prefetch(panel.data + i * panel.stride + x * kLine, 0, 2);
      }
    });
    next.lines = 0;
  }
  for (; next.lines > 0 && r < result.c.rows; --next.lines) {
    multiply_next([panel = next, first = (kLines - next.lines) * b.rows](Index i) SEQLAB_INLINED {
      const Index line = first + i;
      __builtin_prefetch(panel.data + line / kLines * panel.stride + line % kLines * kLine, 0, 2);
    });
  }
  while (r < result.c.rows) multiply_next([](Index) {});
}

template <typename Terms>
using MultiplyRows = void (*)(LeftFactor<Terms>, ConstMatrixRef, bool, NextPanel&,
                              const ProductResult&);

constexpr Index most_rows(Index registers) {
  return std::min(kAccumulators / registers, kMostRows);
}

/// multiply_rows for groups of 1 to most_rows(kRegisters) rows.
template <typename Terms, Index kRegisters, std::size_t... kRows>
constexpr std::array<MultiplyRows<Terms>, kMostRows> by_rows(std::index_sequence<kRows...>) {
  return {multiply_rows<Terms, static_cast<Index>(kRows) + 1, kRegisters>...};
}
/// The same for 1 to kMostRegisters registers.
template <typename Terms, std::size_t... kRegisters>
constexpr auto by_registers(std::index_sequence<kRegisters...>) {
  return std::array{by_rows<Terms, static_cast<Index>(kRegisters) + 1>(
      std::make_index_sequence<most_rows(static_cast<Index>(kRegisters) + 1)>())...};
}

/// In groups of rows as even as can be: a group of one or two would not keep the processor busy.
template <typename Terms>
void multiply_panel(LeftFactor<Terms> a, ConstMatrixRef b, const Real* next,
                    const ProductResult& result) {
  const MatrixRef c = result.c;
  static constexpr auto kMultiply = by_registers<Terms>(std::make_index_sequence<kMostRegisters>());
  const Index registers = whole_registers(c.cols) / kLanes;
  const auto& multiply = kMultiply[static_cast<std::size_t>(registers - 1)];
  const Index most = most_rows(registers);
  const Index groups = (c.rows + most - 1) / most;
  const Index fewer = c.rows / groups,
              rest = c.rows % groups * (fewer + 1);  // so many have one more
  NextPanel next_panel{next, b.stride, next == nullptr ? 0 : lines_of(registers)};
  const bool at_once = groups < next_panel.lines;
  const auto rows = [&](Index first, Index end, Index count) {
    if (first == end) return;
    multiply[static_cast<std::size_t>(count - 1)](a.from_row(first), b, at_once, next_panel,
                                                  result.row_block(first, end - first));
  };
  rows(0, rest, fewer + 1);
  rows(rest, c.rows, fewer);
}

/// Writes `count` columns of the transpose of b from `first` on as a panel: row after row, with
/// zeros to the end of their last register.
inline ConstMatrixRef pack_transposed_panel(ConstMatrixRef b, Index first, Index count, Real* to) {
  const Index width = whole_registers(count), terms = b.cols;
  const MatrixRef panel{to, terms, width, width};
  for (Index i = 0; i < terms && count < width; ++i) {
    Simd(Real(0)).store_unaligned(panel.row(i) + width - kLanes);
  }
  transpose(b.row_block(first, count), panel.column_block(0, count));
  return panel;
}

/// Calls f(first, count) for each block of terms, once where there are none: c becomes beta c.
template <typename Function>
void for_each_block(Index terms, Function&& f) {
  Index first = 0;
  do {
    const Index count = std::min(kTerms, terms - first);
    f(first, count);
    first += count;
  } while (first < terms);
}

/// Calls f(term, col, panel, next) for each panel, which begins at that term and column; `next` is
/// where the one after it stands, or nullptr.
template <typename Function>
void for_each_panel(const Panels& b, Function&& f) {
  const Real* const following =
      b.following == nullptr ? nullptr : b.following->load(std::memory_order_relaxed);
  for_each_block(b.terms, [&](Index term, Index terms) {
    const Real* data = b.data + term * whole_registers(b.cols);
    for (Index col = 0; col < b.cols; col += kPanel) {
      const Index width = whole_registers(std::min(kPanel, b.cols - col));
      const ConstMatrixRef panel{data, terms, width, width};
      data += terms * width;
      const bool last = col + kPanel >= b.cols && term + terms == b.terms;
      f(term, col, panel, last ? following : data);
    }
  });
}

/// a x b; a's step is that from one term, or pair of terms, to the next.
template <typename Terms>
void multiply_panels(LeftFactor<Terms> a, const Panels& b, const ProductResult& result) {
  for_each_panel(b, [&](Index term, Index col, ConstMatrixRef panel, const Real* next) {
    const ProductResult block = term == 0 ? result : result.rest();
    multiply_panel<Terms>({a.data + term * a.step, a.row, a.step}, panel, next,
                          block.column_block(col, std::min(kPanel, b.cols - col)));
  });
}

}  // namespace panels
}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
