#pragma once

// Linear probes: ridge regression, solved in closed form.

#include <vector>

#include <xtensor/xtensor.hpp>

#include "seqlab/tensor/real.hpp"

namespace seqlab {

using DoubleMatrix = xt::xtensor<double, 2>;

/// y = (x - mean) / deviation * W + mean of y, with
/// W = (X^T X + penalty * N * I)^-1 X^T Y for the N standardised rows X and the centred rows Y.
class Ridge {
 public:
  /// x [N, U], y [N, K]; the same N > 0. Columns of x that do not vary are left out. Throws
  /// std::logic_error on other shapes. The work that does not depend on the penalty is done here.
  Ridge(const DoubleMatrix& x, const DoubleMatrix& y);

  /// Weights for a penalty; `predict` needs them.
  void solve(double penalty);
  /// x [M, U]; returns [M, K].
  DoubleMatrix predict(const DoubleMatrix& x) const;

 private:
  DoubleMatrix standardised(const DoubleMatrix& x) const;

  double count_;                      // N
  std::vector<double> mean_, scale_;  // of x, [U]; scale: 1 / deviation, or 0
  std::vector<double> target_mean_;   // [K]
  DoubleMatrix products_;             // X^T X
  DoubleMatrix right_;                // X^T Y
  DoubleMatrix weights_;              // [U, K]
};

/// Share of the variance of `truth` that `prediction` explains, 1 - residual / total, for columns
/// [N, 1]. Can be negative; NaN if the truth does not vary.
double r_squared(const DoubleMatrix& prediction, const DoubleMatrix& truth);

/// The column of the greatest number of each row.
std::vector<Index> best_columns(const DoubleMatrix& scores);

/// The rows of x at these places.
DoubleMatrix rows_at(const DoubleMatrix& x, const std::vector<std::size_t>& places);

}  // namespace seqlab
