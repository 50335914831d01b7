#include "seqlab/training/schedule.hpp"

#include <cmath>

#include <doctest/doctest.h>

namespace seqlab {
namespace {

using Kind = ScheduleOptions::Kind;

TEST_CASE("warm-up is linear and constant stays at the peak") {
  const Schedule schedule({Kind::constant, 4, 0.5, 1}, 2.0);
  CHECK(schedule.learning_rate(1, 0.0) == doctest::Approx(0.5));
  CHECK(schedule.learning_rate(3, 0.0) == doctest::Approx(1.5));
  CHECK(schedule.learning_rate(4, 0.0) == 2.0);
  CHECK(schedule.learning_rate(1000, 0.9) == 2.0);
  CHECK(Schedule({Kind::constant, 0, 0.5, 1}, 2.0).learning_rate(1, 0.0) == 2.0);
}

TEST_CASE("inverse square root is Vaswani's schedule with the given peak") {
  const double warmup = 4000;
  const double width = 512;
  const double peak = std::pow(width, -0.5) * std::pow(warmup, -0.5);
  const Schedule schedule({Kind::inverse_sqrt, 4000, 0.5, 1}, peak);
  for (const std::int64_t update : {1, 100, 3999, 4000, 4001, 16000, 100000}) {
    const double u = static_cast<double>(update);
    const double paper =
        std::pow(width, -0.5) * std::min(std::pow(u, -0.5), u * std::pow(warmup, -1.5));
    CHECK(schedule.learning_rate(update, 0.0) == doctest::Approx(paper).epsilon(1e-12));
  }
  const Schedule cold({Kind::inverse_sqrt, 0, 0.5, 1}, 1.0);
  CHECK(cold.learning_rate(1, 0.0) == 1.0);
  CHECK(cold.learning_rate(4, 0.0) == doctest::Approx(0.5));
}

TEST_CASE("cosine falls from the peak after the warm-up to zero at the end") {
  const Schedule schedule({Kind::cosine, 10, 0.5, 1}, 1.0);
  const auto rate = [&](std::int64_t update) {
    return schedule.learning_rate(update, static_cast<double>(update - 1) / 110.0);
  };
  CHECK(rate(5) == doctest::Approx(0.5));
  CHECK(rate(10) == doctest::Approx(1.0));
  CHECK(rate(11) == doctest::Approx(1.0));
  CHECK(rate(36) == doctest::Approx(0.5 * (1 + std::cos(M_PI / 4))));
  CHECK(rate(61) == doctest::Approx(0.5));
  CHECK(rate(110) < 0.001);
  CHECK(rate(110) > 0.0);
  CHECK(rate(111) == doctest::Approx(0.0));
  // The whole run lies in the warm-up.
  CHECK(schedule.learning_rate(5, 0.8) == doctest::Approx(0.5));
}

TEST_CASE("plateau reduces after so many validations without a new best") {
  Schedule schedule({Kind::plateau, 0, 0.5, 2}, 1.0);
  const auto rate_after = [&](double loss) {
    schedule.validated(loss);
    return schedule.learning_rate(100, 0.0);
  };
  CHECK(rate_after(3.0) == 1.0);
  CHECK(rate_after(3.1) == 1.0);
  CHECK(rate_after(2.9) == 1.0);
  CHECK(rate_after(2.9) == 1.0);  // not better
  CHECK(rate_after(3.0) == 0.5);
  CHECK(rate_after(3.0) == 0.5);  // counts anew
  CHECK(rate_after(3.0) == 0.25);

  Schedule restored({Kind::plateau, 0, 0.5, 2}, 1.0);
  restored.restore(schedule.state());
  CHECK(restored.learning_rate(100, 0.0) == 0.25);
}

TEST_CASE("other schedules do not look at validations") {
  Schedule schedule({Kind::constant, 0, 0.5, 1}, 1.0);
  for (int i = 0; i < 5; ++i) schedule.validated(3.0);
  CHECK(schedule.state() == ScheduleState{});
}

}  // namespace
}  // namespace seqlab
