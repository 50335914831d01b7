#include "seqlab/evaluation/ridge.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <xtensor-blas/xlinalg.hpp>

#include "seqlab/error.hpp"

namespace seqlab {
namespace {

std::size_t row_count(const DoubleMatrix& m) { return m.shape()[0]; }
std::size_t column_count(const DoubleMatrix& m) { return m.shape()[1]; }

std::vector<double> column_means(const DoubleMatrix& m) {
  std::vector<double> means(column_count(m), 0.0);
  for (std::size_t r = 0; r < row_count(m); ++r) {
    for (std::size_t c = 0; c < means.size(); ++c) means[c] += m(r, c);
  }
  for (double& mean : means) mean /= static_cast<double>(row_count(m));
  return means;
}

}  // namespace

Ridge::Ridge(const DoubleMatrix& x, const DoubleMatrix& y)
    : count_(static_cast<double>(row_count(x))),
      mean_(column_means(x)),
      scale_(column_count(x), 0.0),
      target_mean_(column_means(y)) {
  check(row_count(x) == row_count(y) && row_count(x) > 0, "ridge: {} inputs, {} outputs",
        row_count(x), row_count(y));
  for (std::size_t c = 0; c < scale_.size(); ++c) {
    double square = 0;
    for (std::size_t r = 0; r < row_count(x); ++r) square += std::pow(x(r, c) - mean_[c], 2);
    const double deviation = std::sqrt(square / count_);
    if (deviation > 1e-9 * (1.0 + std::abs(mean_[c]))) scale_[c] = 1.0 / deviation;
  }
  const DoubleMatrix inputs = standardised(x);
  DoubleMatrix outputs = y;
  for (std::size_t r = 0; r < row_count(y); ++r) {
    for (std::size_t c = 0; c < column_count(y); ++c) outputs(r, c) -= target_mean_[c];
  }
  const DoubleMatrix transposed = xt::transpose(inputs);
  products_ = xt::linalg::dot(transposed, inputs);
  right_ = xt::linalg::dot(transposed, outputs);
}

void Ridge::solve(double penalty) {
  DoubleMatrix products = products_;
  for (std::size_t c = 0; c < column_count(products); ++c) products(c, c) += penalty * count_;
  weights_ = xt::linalg::solve(products, right_);
}

DoubleMatrix Ridge::standardised(const DoubleMatrix& x) const {
  check(column_count(x) == mean_.size(), "ridge: inputs of width {}, expected {}", column_count(x),
        mean_.size());
  DoubleMatrix out = x;
  for (std::size_t r = 0; r < row_count(x); ++r) {
    for (std::size_t c = 0; c < mean_.size(); ++c) out(r, c) = (x(r, c) - mean_[c]) * scale_[c];
  }
  return out;
}

DoubleMatrix Ridge::predict(const DoubleMatrix& x) const {
  DoubleMatrix out = xt::linalg::dot(standardised(x), weights_);
  for (std::size_t r = 0; r < row_count(out); ++r) {
    for (std::size_t c = 0; c < target_mean_.size(); ++c) out(r, c) += target_mean_[c];
  }
  return out;
}

double r_squared(const DoubleMatrix& prediction, const DoubleMatrix& truth) {
  const double mean = column_means(truth)[0];
  double residual = 0, total = 0;
  for (std::size_t r = 0; r < row_count(truth); ++r) {
    residual += std::pow(truth(r, 0) - prediction(r, 0), 2);
    total += std::pow(truth(r, 0) - mean, 2);
  }
  return total > 0 ? 1.0 - residual / total : std::numeric_limits<double>::quiet_NaN();
}

std::vector<Index> best_columns(const DoubleMatrix& scores) {
  std::vector<Index> best;
  for (std::size_t r = 0; r < row_count(scores); ++r) {
    const double* row = &scores(r, 0);
    best.push_back(std::max_element(row, row + column_count(scores)) - row);
  }
  return best;
}

DoubleMatrix rows_at(const DoubleMatrix& x, const std::vector<std::size_t>& places) {
  DoubleMatrix out = DoubleMatrix::from_shape({places.size(), column_count(x)});
  for (std::size_t r = 0; r < places.size(); ++r) {
    for (std::size_t c = 0; c < column_count(x); ++c) out(r, c) = x(places[r], c);
  }
  return out;
}

}  // namespace seqlab
