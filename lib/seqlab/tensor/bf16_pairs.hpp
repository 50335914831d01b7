#pragma once

// Matrices in bfloat16 for instructions that add two terms at once: pairs of terms, each in the
// place of one Real.

#include "seqlab/tensor/matrix.hpp"
#include "seqlab/tensor/precision.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

using Bf16Matrix = BasicMatrixRef<const Bf16>;

/// Along a row the numbers lie in pairs already: a matrix with an even number of columns and an
/// even stride is one of pairs, too.
ConstMatrixRef in_pairs(Bf16Matrix m);
/// The other way round.
Bf16Matrix out_of_pairs(ConstMatrixRef pairs);

/// Pairs of rows 2 p and 2 p + 1, columns from `first` on, in row p of `to`, with zeros to the end
/// of their last register; a last row without another is paired with zeros. Throws std::logic_error
/// in a build without bfloat16 products.
void interleave_rows(Bf16Matrix from, Index first, MatrixRef to);

/// The same numbers with an even number of columns and an even stride: a column of zeros is added.
class EvenMatrix {
 public:
  explicit EvenMatrix(Bf16Matrix m);
  Bf16Matrix get() const { return matrix_; }

 private:
  PooledVector<Bf16> copy_;
  Bf16Matrix matrix_;
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
