#pragma once

// Matrix products so small that the libraries spend more time around the arithmetic than in it:
// attention between the positions of one sentence, head by head.

#include "seqlab/tensor/gemm.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Whether op(a) [m, k] x op(b) [k, n] can be given to small_product. It lays op(b) out first,
/// which a few rows would not pay for, and keeps whole rows of the result in registers.
bool suits_small_product(Index m, Index n, Index k);

/// As gemm, for shapes that suit.
void small_product(Transpose transpose_a, Transpose transpose_b, Real alpha, ConstMatrixRef a,
                   ConstMatrixRef b, Real beta, MatrixRef c);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
