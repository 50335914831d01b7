#pragma once

#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// What becomes of a matrix product: c = alpha * product + beta * start. `start` is c or, with
/// stride 0, a bias in every row; with beta = 0 it may hold anything (NaN included).
struct ProductResult {
  ProductResult(Real alpha_, Real beta_, ConstMatrixRef start_, MatrixRef c_)
      : alpha(alpha_), beta(beta_), start(start_), c(c_) {}
  ProductResult(Real alpha_, Real beta_, MatrixRef c_) : ProductResult(alpha_, beta_, c_, c_) {}

  ProductResult row_block(Index first, Index count) const {
    return {alpha, beta, start.row_block(first, count), c.row_block(first, count)};
  }
  ProductResult column_block(Index first, Index count) const {
    return {alpha, beta, start.column_block(first, count), c.column_block(first, count)};
  }
  /// When a part of the product's terms is in c: the others are added.
  ProductResult rest() const { return {alpha, Real(1), c}; }
  /// For a library, which starts from c.
  void put_start_in_c() const {
    if (start.data != c.data) fill_rows(c, start.data);
  }

  Real alpha;
  Real beta;
  ConstMatrixRef start;
  MatrixRef c;
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
