#include "seqlab/tensor/panel_product.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "seqlab/tensor/simd.hpp"
#include "seqlab/tensor/transpose.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

// Small products have less work, and no fewer rows or more columns.
constexpr Index kMostWork = 1 << 18;
constexpr Index kFewestRows = 8;
constexpr Index kMostColumns = 64;
constexpr Index kFewRows = kManyRegisters ? 40 : 24;  // with more, the libraries keep up
constexpr Index kManyRows = 512;  // and with AVX-512, from so many on they fall behind again

// A panel is some columns of the result, as whole registers. Its rows are computed a few at a time,
// their terms added up in registers: 12 of AVX2's 16, 24 of AVX-512's 32, the others hold factors.
constexpr Index kAccumulators = kRegisterCount - kRegisterCount / 4;
constexpr Index kMostRegisters = kManyRegisters ? 4 : 2;
constexpr Index kMostRows = 12;
constexpr Index kTerms = 256;  // added up at a time: two panels stay near, and rounding small

constexpr Index kPanel = kMostRegisters * kLanes;  // columns, but for the last of a matrix
static_assert(kPanelStep % kPanel == 0);

/// Numbers of single precision: an instruction adds one term.
struct Singles {
  using Number = Real;
  static Simd broadcast(const Real* factor) { return Simd(*factor); }
  static Simd add(Simd factor, Simd numbers, Simd sum) { return xsimd::fma(factor, numbers, sum); }
};

#ifdef SEQLAB_HAVE_BF16
/// Pairs of bfloat16 numbers, one in the place of each Real: an instruction adds two terms.
struct Bf16Pairs {
  using Number = Bf16;
  static Simd broadcast(const Bf16* factors) {
    std::int32_t pair;
    std::memcpy(&pair, factors, sizeof(pair));
    return Simd(_mm512_castsi512_ps(_mm512_set1_epi32(pair)));
  }
  static Simd add(Simd factors, Simd pairs, Simd sum) {
    return Simd(_mm512_dpbf16_ps(sum, bits(factors), bits(pairs)));
  }

 private:
  static __m512bh bits(Simd pairs) { return reinterpret_cast<__m512bh>(static_cast<__m512>(pairs)); }
};
#endif

/// op(a): element (r, i) stands at data[r * row + i * step].
template <typename Terms>
struct LeftFactor {
  const typename Terms::Number* data;
  Index row;
  Index step;

  LeftFactor from_row(Index r) const { return {data + r * row, row, step}; }
};

/// Lines of memory (64 bytes) that a panel of so many registers has in a row.
constexpr Index kLine = 64 / sizeof(Real);
constexpr Index lines_of(Index registers) { return (registers * kLanes + kLine - 1) / kLine; }

/// f(0), ..., f(count - 1), each with its number as a constant, so that an array's elements can be
/// registers.
template <std::size_t... kNumbers, typename Function>
[[gnu::always_inline]] inline void unroll(std::index_sequence<kNumbers...>, Function&& f) {
  (f(std::integral_constant<std::size_t, kNumbers>()), ...);
}

/// kRows rows of c: a [kRows, terms] times b [terms, kRegisters registers]. At each term,
/// `fetch_ahead` may fetch a part of the next panel from memory. c is fetched just before it is
/// written: at the start would be too soon, b's panel would push it out again.
template <typename Terms, Index kRows, Index kRegisters, typename FetchAhead>
[[gnu::always_inline]] inline void multiply_group(LeftFactor<Terms> a, ConstMatrixRef b,
                                                  FetchAhead fetch_ahead,
                                                  const ProductResult& result) {
  const auto [alpha, beta, start, c] = result;
  constexpr Index kLines = lines_of(kRegisters);
  constexpr auto kEachRow = std::make_index_sequence<kRows>();
  constexpr auto kEachRegister = std::make_index_sequence<kRegisters>();
  std::array<std::array<Simd, kRegisters>, kRows> sums;
  unroll(kEachRow,
         [&](auto r) { unroll(kEachRegister, [&](auto x) { sums[r][x] = Simd(Real(0)); }); });
  const auto add_term = [&](Index i) __attribute__((always_inline)) {
    std::array<Simd, kRegisters> factors;
    unroll(kEachRegister, [&](auto x) {
      factors[x] = Simd::load_unaligned(b.row(i) + static_cast<Index>(x) * kLanes);
    });
    fetch_ahead(i);
    unroll(kEachRow, [&](auto r) {
      const Simd factor = Terms::broadcast(a.data + static_cast<Index>(r) * a.row + i * a.step);
      unroll(kEachRegister,
             [&](auto x) { sums[r][x] = Terms::add(factor, factors[x], sums[r][x]); });
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
  unroll(kEachRow, [&](auto r) {
    unroll(kEachRegister, [&](auto x) {
      const Index row = static_cast<Index>(r), column = static_cast<Index>(x) * kLanes;
      const Real* from = start.row(row) + column;
      Real* to = c.row(row) + column;
      const auto sum = [&](auto&& load) {
        return beta == Real(0) ? Simd(alpha) * sums[r][x]
                               : xsimd::fma(Simd(alpha), sums[r][x], Simd(beta) * load());
      };
      if (x + 1 < kRegisters || rest == kLanes) {
        sum([&] { return Simd::load_unaligned(from); }).store_unaligned(to);
      } else {
        store_partial(to, rest, sum([&] { return load_partial(from, rest, Real(0)); }));
      }
    });
  });
}

/// A function of its own: inlined beside another group, it would not keep its sums in registers.
template <typename Terms, Index kRows, Index kRegisters, typename FetchAhead>
[[gnu::noinline]] void multiply_and_fetch(LeftFactor<Terms> a, ConstMatrixRef b,
                                          FetchAhead fetch_ahead, const ProductResult& result) {
  multiply_group<Terms, kRows, kRegisters>(a, b, fetch_ahead, result);
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
  const auto multiply_fetching = [&](auto fetch_ahead) {
    multiply_and_fetch<Terms, kRows, kRegisters>(a.from_row(r), b, fetch_ahead,
                                                 result.row_block(r, kRows));
    r += kRows;
  };
  if (at_once && next.lines > 0) {
    multiply_fetching([panel = next](Index i) {
      for (Index x = 0; x < kLines; ++x) {
        __builtin_prefetch(panel.data + i * panel.stride + x * kLine, 0, 2);
      }
    });
    next.lines = 0;
  }
  for (; next.lines > 0 && r < result.c.rows; --next.lines) {
    multiply_fetching([panel = next, first = (kLines - next.lines) * b.rows](Index i) {
      const Index line = first + i;
      __builtin_prefetch(panel.data + line / kLines * panel.stride + line % kLines * kLine, 0, 2);
    });
  }
  for (; r < result.c.rows; r += kRows) {
    multiply_group<Terms, kRows, kRegisters>(
        a.from_row(r), b, [](Index) {}, result.row_block(r, kRows));
  }
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

/// Writes `count` columns of op(b) from `first` on, row after row, with zeros to the end of their
/// last register.
ConstMatrixRef pack_panel(Transpose transpose_b, ConstMatrixRef b, Index first, Index count,
                          Real* to) {
  const Index width = whole_registers(count), last = width - kLanes;
  const Index terms = transpose_b == Transpose::yes ? b.cols : b.rows;
  const MatrixRef panel{to, terms, width, width};
  if (transpose_b == Transpose::yes) {
    for (Index i = 0; i < terms && count < width; ++i) {
      Simd(Real(0)).store_unaligned(panel.row(i) + last);
    }
    transpose(b.row_block(first, count), panel.column_block(0, count));
    return panel;
  }
  for (Index i = 0; i < terms; ++i) {
    const Real* from = b.row(i) + first;
    for (Index j = 0; j < last; j += kLanes) {
      Simd::load_unaligned(from + j).store_unaligned(panel.row(i) + j);
    }
    load_partial(from + last, count - last, Real(0)).store_unaligned(panel.row(i) + last);
  }
  return panel;
}

/// a x op(b) for up to kTerms terms. A panel of b is read in place if it can be, but for many rows
/// beside a transposed a: at each term a column of a takes another line of the nearest cache, and
/// b's rows, if far apart, would shed these and each other from it.
void add_terms(LeftFactor<Singles> a, Transpose transpose_b, ConstMatrixRef b, const ProductResult& result) {
  const MatrixRef c = result.c;
  alignas(64) std::array<Real, static_cast<std::size_t>(kTerms * kPanel)> packed;
  const bool transposed_a = a.row == 1;
  for (Index col = 0; col < c.cols; col += kPanel) {
    const Index count = std::min(kPanel, c.cols - col);
    const bool in_place = transpose_b == Transpose::no && count % kLanes == 0 &&
                          !(transposed_a && c.rows >= kManyRows);
    const ConstMatrixRef panel = in_place ? b.column_block(col, count)
                                          : pack_panel(transpose_b, b, col, count, packed.data());
    const Real* next = in_place && col + count < c.cols ? panel.data + count : nullptr;
    multiply_panel(a, panel, next, result.column_block(col, count));
  }
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

}  // namespace

Index panels_size(Index terms, Index cols) { return terms * whole_registers(cols); }

void pack_transpose(ConstMatrixRef weight, Index first, Index count, Real* to) {
  const Index cols = weight.rows;
  for_each_block(weight.cols, [&](Index term, Index terms) {
    Real* const block = to + term * whole_registers(cols);
    for (Index col = first; col < first + count; col += kPanel) {
      pack_panel(Transpose::yes, weight.column_block(term, terms), col,
                 std::min(kPanel, cols - col), block + col * terms);
    }
  });
}

bool suits_panel_product(Transpose transpose_a, Transpose transpose_b, Index m, Index n, Index k) {
  const bool small = m * n * k < kMostWork && m >= kFewestRows && n <= kMostColumns;
  const bool few_rows = transpose_b == Transpose::no && m > 1 && m <= kFewRows;
  const bool layer_output =
      transpose_a == Transpose::no && transpose_b == Transpose::yes && m > kFewRows;
  const bool many_rows = transpose_b == Transpose::no && m >= kManyRows;
  return small || few_rows || (kManyRegisters && (layer_output || many_rows));
}

void panel_product(Transpose transpose_a, Transpose transpose_b, ConstMatrixRef a, ConstMatrixRef b,
                   const ProductResult& result) {
  for_each_block(transpose_a == Transpose::yes ? a.rows : a.cols, [&](Index term, Index terms) {
    add_terms(
        transpose_a == Transpose::yes ? LeftFactor<Singles>{a.row(term), 1, a.stride}
                                      : LeftFactor<Singles>{a.data + term, a.stride, 1},
        transpose_b,
        transpose_b == Transpose::yes ? b.column_block(term, terms) : b.row_block(term, terms),
        term == 0 ? result : result.rest());
  });
}

namespace {

/// a x b; a's step is that from one term, or pair of terms, to the next.
template <typename Terms>
void multiply_panels(LeftFactor<Terms> a, const Panels& b, const ProductResult& result) {
  const Real* const following =
      b.following == nullptr ? nullptr : b.following->load(std::memory_order_relaxed);
  for_each_block(b.terms, [&](Index term, Index terms) {
    const ProductResult block = term == 0 ? result : result.rest();
    const Real* data = b.data + term * whole_registers(b.cols);
    for (Index col = 0; col < b.cols; col += kPanel) {
      const Index count = std::min(kPanel, b.cols - col), width = whole_registers(count);
      const ConstMatrixRef panel{data, terms, width, width};
      data += terms * width;
      const bool last = col + count == b.cols && term + terms == b.terms;
      multiply_panel<Terms>({a.data + term * a.step, a.row, a.step}, panel,
                            last ? following : data, block.column_block(col, count));
    }
  });
}

}  // namespace

void panel_product(ConstMatrixRef a, const Panels& b, const ProductResult& result) {
  multiply_panels<Singles>({a.data, a.stride, 1}, b, result);
}

ConstMatrixRef in_pairs(Bf16Matrix m) {
  check(m.cols % 2 == 0 && m.stride % 2 == 0, "pairs of {} columns, stride {}", m.cols, m.stride);
  return {reinterpret_cast<const Real*>(m.data), m.rows, m.cols / 2, m.stride / 2};
}

Bf16Matrix out_of_pairs(ConstMatrixRef pairs) {
  return {reinterpret_cast<const Bf16*>(pairs.data), pairs.rows, 2 * pairs.cols, 2 * pairs.stride};
}

#ifdef SEQLAB_HAVE_BF16

namespace {

/// Pairs of rows 2 p and 2 p + 1, columns from `first` on, in row p of `to`, with zeros to the end of
/// their last register; a last row without another is paired with zeros.
void interleave_rows(Bf16Matrix from, Index first, MatrixRef to) {
  for (Index p = 0; p < to.rows; ++p) {
    const Bf16* low = from.row(2 * p) + first;
    const bool both = 2 * p + 1 < from.rows;
    const Bf16* high = both ? from.row(2 * p + 1) + first : low;
    for (Index c = 0; c < to.cols; c += kLanes) {
      const Index rest = to.cols - c;
      const auto mask = rest < kLanes ? first_lanes(rest) : static_cast<__mmask16>(0xffff);
      const auto load = [&](__mmask16 lanes, const Bf16* row) {
        return _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(lanes, row + c));
      };
      const __m512i high_bits = _mm512_slli_epi32(load(both ? mask : __mmask16{0}, high), 16);
      const __m512i pairs = _mm512_or_si512(load(mask, low), high_bits);
      _mm512_storeu_ps(to.row(p) + c, _mm512_castsi512_ps(pairs));
    }
  }
}

/// The same numbers with an even number of columns and an even stride: a column of zeros is added.
struct EvenMatrix {
  explicit EvenMatrix(Bf16Matrix m) : matrix(m) {
    if (m.cols % 2 == 0 && m.stride % 2 == 0) return;
    const Index cols_of_copy = m.cols + m.cols % 2;
    copy.assign(static_cast<std::size_t>(m.rows * cols_of_copy), Bf16{0});
    for (Index r = 0; r < m.rows; ++r) {
      std::copy_n(m.row(r), m.cols, copy.data() + r * cols_of_copy);
    }
    matrix = {copy.data(), m.rows, cols_of_copy, cols_of_copy};
  }

  PooledVector<Bf16> copy;
  Bf16Matrix matrix;
};

}  // namespace

void pack_row_pairs(Bf16Matrix weight, Index first, Index count, Real* to) {
  for_each_block((weight.rows + 1) / 2, [&](Index pair, Index pairs) {
    Real* const block = to + pair * whole_registers(weight.cols);
    const Bf16Matrix rows = weight.row_block(2 * pair, std::min(2 * pairs, weight.rows - 2 * pair));
    for (Index col = first; col < first + count; col += kPanel) {
      const Index panel_cols = std::min(kPanel, weight.cols - col);
      interleave_rows(rows, col,
                      {block + col * pairs, pairs, panel_cols, whole_registers(panel_cols)});
    }
  });
}

void panel_product(Transpose transpose_a, Transpose transpose_b, Bf16Matrix a, Bf16Matrix b,
                   const ProductResult& result) {
  const bool a_transposed = transpose_a == Transpose::yes, b_transposed = transpose_b == Transpose::yes;
  const EvenMatrix even_a(a_transposed ? Bf16Matrix{} : a), even_b(b_transposed ? b : Bf16Matrix{});
  const Index pairs = ((a_transposed ? a.rows : a.cols) + 1) / 2;
  Matrix interleaved = make_matrix(a_transposed ? pairs : 0, whole_registers(a.cols) + kLanes);
  LeftFactor<Bf16Pairs> factor{even_a.matrix.data, even_a.matrix.stride, 2};
  if (a_transposed) {
    const MatrixRef columns = ref(interleaved).column_block(0, a.cols);
    interleave_rows(a, 0, columns);
    factor = {reinterpret_cast<const Bf16*>(columns.data), 2, 2 * columns.stride};
  }
  alignas(64) std::array<Real, static_cast<std::size_t>(kTerms * kPanel)> packed;
  for_each_block(pairs, [&](Index pair, Index count_pairs) {
    const ProductResult block = pair == 0 ? result : result.rest();
    for (Index col = 0; col < result.c.cols; col += kPanel) {
      const Index count = std::min(kPanel, result.c.cols - col), width = whole_registers(count);
      ConstMatrixRef panel{packed.data(), count_pairs, width, width};
      if (b_transposed) {
        panel = pack_panel(Transpose::yes,
                           in_pairs(even_b.matrix).column_block(pair, count_pairs), col, count,
                           packed.data());
      } else {
        const Index first = 2 * pair, rows = std::min(2 * count_pairs, b.rows - first);
        interleave_rows(b.row_block(first, rows), col, {packed.data(), count_pairs, count, width});
      }
      multiply_panel<Bf16Pairs>({factor.data + pair * factor.step, factor.row, factor.step}, panel,
                                nullptr, block.column_block(col, count));
    }
  });
}

void panel_product(Bf16Matrix a, const Panels& b, const ProductResult& result) {
  multiply_panels<Bf16Pairs>({a.data, a.stride, 2}, b, result);
}

#else

void pack_row_pairs(Bf16Matrix, Index, Index, Real*) { check(false, "no bf16 in this build"); }
void panel_product(Transpose, Transpose, Bf16Matrix, Bf16Matrix, const ProductResult&) {
  check(false, "no bf16 in this build");
}
void panel_product(Bf16Matrix, const Panels&, const ProductResult&) {
  check(false, "no bf16 in this build");
}

#endif

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
