#include "seqlab/training/optimizer.hpp"

#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>

#include <doctest/doctest.h>

namespace seqlab {
namespace {

using Kind = OptimizerOptions::Kind;

constexpr int kSize = 21;

struct GoldenCase {
  OptimizerOptions options;
  double clip = 0.0;
};

// The same settings as in tests/golden/optimizer_golden.py.
const std::map<std::string, GoldenCase> kGoldenCases = {
    {"adam", {{Kind::adam, 0.01, 0.9, 0.999, 1e-8, 0.0, 0.0}, 0.0}},
    {"adam_decay", {{Kind::adam, 0.02, 0.8, 0.98, 1e-6, 0.1, 0.0}, 0.0}},
    {"adam_clip", {{Kind::adam, 0.01, 0.9, 0.98, 1e-3, 0.0, 0.0}, 0.5}},
    {"adamw", {{Kind::adamw, 0.01, 0.9, 0.98, 1e-8, 0.2, 0.0}, 0.0}},
    {"sgd", {{Kind::sgd, 0.1, 0.0, 0.0, 1e-8, 0.0, 0.0}, 0.0}},
    {"sgd_momentum", {{Kind::sgd, 0.1, 0.0, 0.0, 1e-8, 0.05, 0.9}, 0.0}},
    {"sgd_clip", {{Kind::sgd, 0.1, 0.0, 0.0, 1e-8, 0.0, 0.5}, 1.0}},
};

FlatBuffer golden_gradient(int step) {
  FlatBuffer gradient;
  for (int i = 0; i < kSize; ++i) {
    gradient.push_back(static_cast<Real>(std::cos(0.7 * i + step) * std::pow(10.0, i % 5 - 3)));
  }
  return gradient;
}

FlatBuffer golden_start() {
  FlatBuffer values;
  for (int i = 0; i < kSize; ++i) values.push_back(static_cast<Real>(0.5 * std::sin(i + 1)));
  return values;
}

FlatBuffer random_buffer(std::size_t size, std::uint64_t seed) {
  Random random(seed, "optimizer test");
  FlatBuffer values(size);
  for (Real& value : values) value = static_cast<Real>(random.normal());
  return values;
}

TEST_CASE("optimizers take the steps of PyTorch") {
  std::ifstream golden(SEQLAB_SOURCE_DIR "/tests/golden/optimizer.tsv");
  std::string line;
  REQUIRE(std::getline(golden, line));
  Workers workers(1);
  std::map<std::string, FlatBuffer> values;
  std::map<std::string, Optimizer> optimizers;
  int rows = 0;
  while (std::getline(golden, line)) {
    std::istringstream fields(line);
    std::string name;
    int step = 0;
    double norm = 0;
    fields >> name >> step >> norm;
    REQUIRE(fields.good());
    CAPTURE(name);
    CAPTURE(step);
    const GoldenCase& settings = kGoldenCases.at(name);
    if (step == 1) values[name] = golden_start();
    Optimizer& optimizer =
        optimizers.try_emplace(name, settings.options, std::size_t{kSize}).first->second;

    FlatBuffer gradient = golden_gradient(step);
    const std::span<Real> one[] = {gradient};
    const double computed_norm = sum_gradients(one, workers);
    CHECK(computed_norm == doctest::Approx(norm).epsilon(1e-6));
    const double scale = settings.clip > 0 ? std::min(1.0, settings.clip / computed_norm) : 1.0;
    optimizer.step(values[name], gradient, settings.options.learning_rate, scale, workers);
    for (const Real value : values[name]) {
      double expected = 0;
      fields >> expected;
      REQUIRE_FALSE(fields.fail());
      CHECK(std::abs(static_cast<double>(value) - expected) < 2e-6);
    }
    ++rows;
  }
  CHECK(rows == 35);
}

TEST_CASE("gradients are summed in order and their norm is that of the sum") {
  const std::size_t size = 3 * static_cast<std::size_t>(Workers::kBlock) + 5;
  FlatBuffer a = random_buffer(size, 1);
  FlatBuffer b = random_buffer(size, 2);
  FlatBuffer c = random_buffer(size, 3);
  FlatBuffer expected(size);
  double squares = 0;
  for (std::size_t i = 0; i < size; ++i) {
    expected[i] = (a[i] + b[i]) + c[i];
    squares += static_cast<double>(expected[i]) * static_cast<double>(expected[i]);
  }
  Workers workers(1);
  const std::span<Real> all[] = {a, b, c};
  CHECK(sum_gradients(all, workers) == doctest::Approx(std::sqrt(squares)).epsilon(1e-12));
  CHECK(a == expected);
}

TEST_CASE("steps and norms have the same bits for any number of threads") {
  const std::size_t size = 5 * static_cast<std::size_t>(Workers::kBlock) + 77;
  const FlatBuffer start = random_buffer(size, 4);
  const FlatBuffer first = random_buffer(size, 5);
  const FlatBuffer second = random_buffer(size, 6);
  for (const Kind kind : {Kind::adam, Kind::adamw, Kind::sgd}) {
    OptimizerOptions options;
    options.optimizer = kind;
    options.weight_decay = 0.01;
    options.momentum = 0.9;
    FlatBuffer reference;
    double reference_norm = 0;
    for (const Index threads : {1, 2, 4}) {
      Workers workers(threads);
      Optimizer optimizer(options, size);
      FlatBuffer values = start;
      double norm = 0;
      for (int step = 0; step < 2; ++step) {
        FlatBuffer a = first;
        FlatBuffer b = second;
        const std::span<Real> all[] = {a, b};
        norm = sum_gradients(all, workers);
        optimizer.step(values, a, 0.01, 1.0 / norm, workers);
      }
      if (threads == 1) {
        reference = values;
        reference_norm = norm;
      }
      CHECK(values == reference);
      CHECK(norm == reference_norm);
    }
  }
}

TEST_CASE("a norm sees what is not finite") {
  Workers workers(1);
  FlatBuffer gradient = random_buffer(100, 7);
  gradient[41] = std::numeric_limits<Real>::infinity();
  const std::span<Real> one[] = {gradient};
  CHECK_FALSE(std::isfinite(sum_gradients(one, workers)));
  gradient[41] = std::nanf("");
  CHECK_FALSE(std::isfinite(sum_gradients(one, workers)));
}

TEST_CASE("moments have the names and sizes of the optimizer") {
  OptimizerOptions options;
  Optimizer adam(options, 10);
  REQUIRE(adam.moments().size() == 2);
  CHECK(adam.moments()[0].name == "first_moment");
  CHECK(adam.moments()[1].values.size() == 10);
  options.optimizer = Kind::sgd;
  CHECK(Optimizer(options, 10).moments().empty());
  options.momentum = 0.5;
  CHECK(Optimizer(options, 10).moments().at(0).name == "momentum");
}

}  // namespace
}  // namespace seqlab
