#include "seqlab/tensor/gemm.hpp"

#include <xtensor-blas/xblas.hpp>

#include "seqlab/tensor/bf16_products.hpp"
#include "seqlab/tensor/flops.hpp"
#include "seqlab/tensor/packed_weights.hpp"

extern "C" {
void openblas_set_num_threads(int count);
char* openblas_get_config(void);
char* openblas_get_corename(void);
}

#ifdef SEQLAB_HAVE_ONEDNN
#include <omp.h>
#include <oneapi/dnnl/dnnl.h>
#endif

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// Below this much work, rounding to bfloat16 takes more time than it saves.
constexpr Index kWorthRounding = 1 << 18;

void openblas_gemm(Transpose transpose_a, Transpose transpose_b, Index m, Index n, Index k,
                   Real alpha, ConstMatrixRef a, ConstMatrixRef b, Real beta, MatrixRef c) {
  const auto op = [](Transpose t) { return t == Transpose::yes ? cxxblas::Trans : cxxblas::NoTrans; };
  cxxblas::gemm<xt::blas_index_t>(cxxblas::RowMajor, op(transpose_a), op(transpose_b),
                              static_cast<xt::blas_index_t>(m), static_cast<xt::blas_index_t>(n),
                              static_cast<xt::blas_index_t>(k), alpha, a.data,
                              static_cast<xt::blas_index_t>(a.stride), b.data,
                              static_cast<xt::blas_index_t>(b.stride), beta, c.data,
                              static_cast<xt::blas_index_t>(c.stride));
}

#if defined(SEQLAB_HAVE_ONEDNN) && !defined(SEQLAB_DOUBLE)
/// With so few rows, one step of a batch, packing the other matrix as OpenBLAS does is not worth it,
/// and with so few columns of the first matrix hardly.
constexpr Index kFewRows = 128;
constexpr Index kFewTerms = 128;
/// Below this much work not even one row is worth a call of oneDNN.
constexpr Index kTinyProduct = 1 << 15;

/// Whether a product that panel_product leaves is oneDNN's. With AVX-512 all are. With AVX2 it is
/// ahead for few rows and for sums of few terms; otherwise the two are about even, but for a
/// transposed first matrix, as in the gradient of a weight, it takes up to twice OpenBLAS's time
/// (experiments/benchmarks/products.cpp).
bool suits_onednn(Transpose transpose_a, Index m, Index n, Index k) {
  static const bool has_avx512 =
      (dnnl_get_effective_cpu_isa() & dnnl_cpu_isa_avx512_core) == dnnl_cpu_isa_avx512_core;
  return m * n * k >= kTinyProduct &&
         (has_avx512 || (transpose_a == Transpose::no && (m <= kFewRows || k <= kFewTerms)));
}

bool onednn_gemm(Transpose transpose_a, Transpose transpose_b, Index m, Index n, Index k, Real alpha,
                 ConstMatrixRef a, ConstMatrixRef b, Real beta, MatrixRef c) {
  const auto op = [](Transpose t) { return t == Transpose::yes ? 'T' : 'N'; };
  return dnnl_sgemm(op(transpose_a), op(transpose_b), m, n, k, alpha, a.data, a.stride, b.data,
                    b.stride, beta, c.data, c.stride) == dnnl_success;
}
#endif

/// op(a) * op(b) by what is fastest for its shape.
void multiply(Transpose transpose_a, Transpose transpose_b, ConstMatrixRef a, ConstMatrixRef b,
              const ProductResult& result) {
  const auto [alpha, beta, start, c] = result;
  const Index m = transpose_a == Transpose::yes ? a.cols : a.rows;
  const Index k = transpose_a == Transpose::yes ? a.rows : a.cols;
  const Index b_k = transpose_b == Transpose::yes ? b.cols : b.rows;
  const Index n = transpose_b == Transpose::yes ? b.rows : b.cols;
  check(b_k == k && c.rows == m && c.cols == n,
        "gemm: shapes [{}, {}] x [{}, {}] do not give [{}, {}]", m, k, b_k, n, c.rows, c.cols);
  if (m == 0 || n == 0) return;
  counted_flops += 2.0 * static_cast<double>(m * n * k);
  if (m * n * k >= kWorthRounding && bf16_gemm(transpose_a, transpose_b, a, b, result)) return;
  if (transpose_a == Transpose::no && transpose_b == Transpose::yes && m <= kMostRowsOfPacked) {
    if (const std::optional<Panels> packed = find_packed(b)) {
      panel_product(a, *packed, result);
      return;
    }
  }
  if (suits_panel_product(transpose_a, transpose_b, m, n, k)) {
    panel_product(transpose_a, transpose_b, a, b, result);
    return;
  }
  result.put_start_in_c();
#if defined(SEQLAB_HAVE_ONEDNN) && !defined(SEQLAB_DOUBLE)
  if (suits_onednn(transpose_a, m, n, k) &&
      onednn_gemm(transpose_a, transpose_b, m, n, k, alpha, a, b, beta, c)) {
    return;
  }
#endif
  openblas_gemm(transpose_a, transpose_b, m, n, k, alpha, a, b, beta, c);
}

}  // namespace

void gemm(Transpose transpose_a, Transpose transpose_b, Real alpha, ConstMatrixRef a,
          ConstMatrixRef b, Real beta, MatrixRef c) {
  multiply(transpose_a, transpose_b, a, b, {alpha, beta, c});
}

void affine(ConstMatrixRef a, ConstMatrixRef weight, const Real* bias, MatrixRef c) {
  if (bias == nullptr) return multiply_nt(a, weight, Real(0), c);
  const ConstMatrixRef bias_in_each_row{bias, c.rows, c.cols, 0};
  multiply(Transpose::no, Transpose::yes, a, weight, {Real(1), Real(1), bias_in_each_row, c});
}

void use_single_threaded_products() {
  openblas_set_num_threads(1);
#ifdef SEQLAB_HAVE_ONEDNN
  omp_set_num_threads(1);
#endif
}

std::string gemm_description() {
  std::string text = fmt::format("{} ({})", openblas_get_config(), openblas_get_corename());
#if defined(SEQLAB_HAVE_ONEDNN) && !defined(SEQLAB_DOUBLE)
  const dnnl_version_t* version = dnnl_version();
  text = fmt::format("oneDNN {}.{}.{}; {}", version->major, version->minor, version->patch, text);
#endif
  return text;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
