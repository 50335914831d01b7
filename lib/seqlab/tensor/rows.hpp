#pragma once

// Kernels along the rows of a matrix. Pointers are to n (or cols) contiguous numbers.

#include "seqlab/tensor/matrix.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

Real max_value(const Real* x, Index n);
Index argmax(const Real* x, Index n);  ///< the first of equal maxima
Real sum(const Real* x, Index n);
Real dot(const Real* a, const Real* b, Index n);
/// results[j] = x . row j, for `count` rows of n elements that lie `stride` apart.
void dots(Real* results, const Real* x, const Real* rows, Index count, Index stride, Index n);
/// sum_i exp(x_i - shift)
Real sum_exp(const Real* x, Index n, Real shift);
/// x_i <- exp(x_i - shift); returns their sum.
Real exp_and_sum(Real* x, Index n, Real shift);
/// y += a * x
void add_scaled(Real* y, Real a, const Real* x, Index n);
/// y += the sum of weights[j] * row j, for `count` rows of n elements that lie `stride` apart.
void add_weighted_sum(Real* y, const Real* weights, const Real* rows, Index count, Index stride,
                      Index n);
void scale(Real* x, Real a, Index n);
/// scores_j -= slope * |t - j| (ALiBi, Press 2022): the query at position t prefers near keys.
void subtract_distances(Real* scores, Index n, Index t, Real slope);
/// In place. An empty row stays empty: a fully masked attention row has no weights.
void softmax(Real* x, Index n);
/// gradient_i <- weights_i * (gradient_i - sum_j weights_j gradient_j), through a softmax.
void softmax_backward(const Real* weights, Real* gradient, Index n);

/// m += a, element by element.
void add(MatrixRef m, ConstMatrixRef a);
void copy(ConstMatrixRef from, MatrixRef to);
/// Row r of `to` becomes row places[r] of `from`.
void gather_rows(ConstMatrixRef from, std::span<const Index> places, MatrixRef to);
/// Each row of m becomes the row `values` (a bias), or += it.
void fill_rows(MatrixRef m, const Real* values);
void add_to_rows(MatrixRef m, const Real* values);
/// sums[c] += sum over rows of m[., c] (the gradient of a bias)
void add_column_sums(ConstMatrixRef m, Real* sums);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
