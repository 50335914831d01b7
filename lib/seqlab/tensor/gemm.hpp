#pragma once

// Matrix products: the one function through which all of them go, so that the library that
// computes them is chosen in one place.

#include "seqlab/tensor/matrix.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

enum class Transpose { no, yes };

/// c = alpha * op(a) * op(b) + beta * c. With beta = 0, c may hold anything (NaN included).
/// Runs on the calling thread only. Throws std::logic_error when the shapes do not agree.
void gemm(Transpose transpose_a, Transpose transpose_b, Real alpha, ConstMatrixRef a,
          ConstMatrixRef b, Real beta, MatrixRef c);

/// c = a * b^T + beta * c: a layer's output from its input and a weight stored as [out, in].
inline void multiply_nt(ConstMatrixRef a, ConstMatrixRef b, Real beta, MatrixRef c) {
  gemm(Transpose::no, Transpose::yes, Real(1), a, b, beta, c);
}
/// c = a * b + beta * c: the gradient of a layer's input.
inline void multiply_nn(ConstMatrixRef a, ConstMatrixRef b, Real beta, MatrixRef c) {
  gemm(Transpose::no, Transpose::no, Real(1), a, b, beta, c);
}
/// c = a^T * b + beta * c: the gradient of a weight.
inline void multiply_tn(ConstMatrixRef a, ConstMatrixRef b, Real beta, MatrixRef c) {
  gemm(Transpose::yes, Transpose::no, Real(1), a, b, beta, c);
}

/// c = a * weight^T + bias: a layer's output, with `bias` [out] in every row; nullptr: none.
void affine(ConstMatrixRef a, ConstMatrixRef weight, const Real* bias, MatrixRef c);

/// Must be called once by each thread before it computes: keeps the libraries' own threads off.
void use_single_threaded_products();

/// Which libraries serve matrix products, with their versions, for the manifest.
std::string gemm_description();

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
