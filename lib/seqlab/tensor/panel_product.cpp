#include "seqlab/tensor/panel_product.hpp"

#include "seqlab/tensor/panel_kernel.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

using namespace panels;

namespace {

// Small products have less work, and no fewer rows or more columns.
constexpr Index kMostWork = 1 << 18;
constexpr Index kFewestRows = 8;
constexpr Index kMostColumns = 64;
constexpr Index kFewRows = kManyRegisters ? 40 : 24;  // with more, the libraries keep up
constexpr Index kManyRows = 512;  // with AVX-512, from so many on they may fall behind again

/// On Intel's processors they do not, nor with AVX2 (experiments/benchmarks/products.cpp).
bool libraries_keep_up_with_many_rows() {
#ifdef __AVX512F__
  static const bool intel = __builtin_cpu_is("intel") != 0;
  return intel;
#else
  return true;
#endif
}

/// Numbers of single precision: an instruction adds one term.
struct Singles {
  using Number = Real;
  static Simd broadcast(const Real* factor) { return Simd(*factor); }
  static Simd add(Simd factor, Simd numbers, Simd sum) { return xsimd::fma(factor, numbers, sum); }
};

/// The same as pack_transposed_panel, but of b itself.
ConstMatrixRef pack_panel(ConstMatrixRef b, Index first, Index count, Real* to) {
  const Index width = whole_registers(count), last = width - kLanes;
  const MatrixRef panel{to, b.rows, width, width};
  for (Index i = 0; i < b.rows; ++i) {
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
void add_terms(LeftFactor<Singles> a, Transpose transpose_b, ConstMatrixRef b,
               const ProductResult& result) {
  const MatrixRef c = result.c;
  alignas(64) std::array<Real, static_cast<std::size_t>(kTerms * kPanel)> packed;
  const bool transposed_a = a.row == 1;
  const auto pack = transpose_b == Transpose::yes ? pack_transposed_panel : pack_panel;
  for (Index col = 0; col < c.cols; col += kPanel) {
    const Index count = std::min(kPanel, c.cols - col);
    const bool in_place = transpose_b == Transpose::no && count % kLanes == 0 &&
                          !(transposed_a && c.rows >= kManyRows);
    const ConstMatrixRef panel =
        in_place ? b.column_block(col, count) : pack(b, col, count, packed.data());
    const Real* next = in_place && col + count < c.cols ? panel.data + count : nullptr;
    multiply_panel(a, panel, next, result.column_block(col, count));
  }
}

}  // namespace

Index panels_size(Index terms, Index cols) { return terms * whole_registers(cols); }

void pack_transpose(ConstMatrixRef weight, Index first, Index count, Real* to) {
  const Index cols = weight.rows;
  for_each_block(weight.cols, [&](Index term, Index terms) {
    Real* const block = to + term * whole_registers(cols);
    for (Index col = first; col < first + count; col += kPanel) {
      pack_transposed_panel(weight.column_block(term, terms), col, std::min(kPanel, cols - col),
                            block + col * terms);
    }
  });
}

bool suits_panel_product(Transpose transpose_a, Transpose transpose_b, Index m, Index n, Index k) {
  const bool small = m * n * k < kMostWork && m >= kFewestRows && n <= kMostColumns;
  const bool few_rows = transpose_b == Transpose::no && m > 1 && m <= kFewRows;
  const bool layer_output =
      transpose_a == Transpose::no && transpose_b == Transpose::yes && m > kFewRows;
  const bool many_rows =
      transpose_b == Transpose::no && m >= kManyRows && !libraries_keep_up_with_many_rows();
  return small || few_rows || (kManyRegisters && layer_output) || many_rows;
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

void panel_product(ConstMatrixRef a, const Panels& b, const ProductResult& result) {
  multiply_panels<Singles>({a.data, a.stride, 1}, b, result);
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
