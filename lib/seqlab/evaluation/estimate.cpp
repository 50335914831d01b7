#include "seqlab/evaluation/estimate.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace seqlab {

Estimate estimate_mean(std::span<const double> values) {
  Estimate estimate;
  estimate.n = values.size();
  if (values.empty()) return estimate;
  if (std::ranges::count(values, values[0]) == std::ranges::ssize(values)) {
    estimate.mean = values[0];  // without an error of rounding
    if (values.size() > 1) estimate.half_width = 0;
    return estimate;
  }
  const auto n = static_cast<double>(values.size());
  double sum = 0;
  for (const double value : values) sum += value;
  estimate.mean = sum / n;
  if (std::isnan(estimate.mean)) return estimate;
  double squares = 0;
  for (const double value : values) squares += (value - estimate.mean) * (value - estimate.mean);
  const double quantile = boost::math::quantile(boost::math::students_t(n - 1), 0.975);
  estimate.half_width = quantile * std::sqrt(squares / (n - 1) / n);
  return estimate;
}

}  // namespace seqlab
