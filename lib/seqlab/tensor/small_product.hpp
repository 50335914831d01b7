#pragma once

// Matrix products where the libraries spend more time around the arithmetic, or in waiting for a
// weight to come from memory, than in it:
//   small ones: attention between the positions of one sentence, head by head;
//   those of few rows: one step of a few sentences, in decoding and in a recurrent layer.

#include "seqlab/tensor/gemm.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Whether op(a) [m, k] x op(b) [k, n] is one of those. A transposed b is laid out first, which few
/// rows would not pay for.
bool suits_small_product(Transpose transpose_b, Index m, Index n, Index k);

/// As gemm, for shapes that suit.
void small_product(Transpose transpose_a, Transpose transpose_b, Real alpha, ConstMatrixRef a,
                   ConstMatrixRef b, Real beta, MatrixRef c);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
