#include "seqlab/evaluation/estimate.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

namespace seqlab {
namespace {

TEST_CASE("Mean and Student's interval") {
  // scipy.stats.t.interval(0.95, 2, 4, scipy.stats.sem([1, 4, 7])) is (-3.452413..., 11.452413...)
  const Estimate three = estimate_mean(std::vector<double>{1, 4, 7});
  CHECK(three.n == 3);
  CHECK(three.mean == 4);
  CHECK(three.half_width == doctest::Approx(7.452413).epsilon(1e-6));
  CHECK(three.low() == doctest::Approx(-3.452413).epsilon(1e-6));
  // t(0.975, 1) = 12.7062
  CHECK(estimate_mean(std::vector<double>{1, 3}).half_width ==
        doctest::Approx(12.7062).epsilon(1e-5));
}

TEST_CASE("Equal values have no spread at all") {
  const Estimate equal = estimate_mean(std::vector<double>{0.1, 0.1, 0.1});
  CHECK(equal.mean == 0.1);
  CHECK(equal.half_width == 0);
}

TEST_CASE("One value has no interval, and what is not known stays unknown") {
  const Estimate one = estimate_mean(std::vector<double>{5});
  CHECK(one.mean == 5);
  CHECK(std::isnan(one.half_width));
  CHECK(std::isnan(estimate_mean({}).mean));
  CHECK(std::isnan(estimate_mean(std::vector<double>{1, Estimate::kUnknown}).mean));
}

}  // namespace
}  // namespace seqlab
