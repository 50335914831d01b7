#pragma once

#include "seqlab/tensor/matrix.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// to [cols, rows] = from [rows, cols] transposed.
void transpose(ConstMatrixRef from, MatrixRef to);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
