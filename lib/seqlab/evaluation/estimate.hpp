#pragma once

// What a few runs with different seeds say about a model: the mean, and the 95 % confidence
// interval of the mean from Student's t distribution (Student 1908, "The Probable Error of a
// Mean"):  mean +- t(0.975, n - 1) * s / sqrt(n),  s^2 = sum (x - mean)^2 / (n - 1).

#include <cstddef>
#include <limits>
#include <span>

namespace seqlab {

struct Estimate {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

  std::size_t n = 0;
  double mean = kUnknown;
  double half_width = kUnknown;  ///< of the interval; unknown from a single value

  double low() const { return mean - half_width; }
  double high() const { return mean + half_width; }
};

/// Of independent values, normally distributed. Without values, or if one of them is not a number,
/// nothing is known.
Estimate estimate_mean(std::span<const double> values);

}  // namespace seqlab
