// The paired tests against what sacreBLEU gave (tests/golden/significance_golden.py).

#include "seqlab/evaluation/significance.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "golden/golden.hpp"
#include "seqlab/evaluation/numpy_random.hpp"

namespace seqlab {
namespace {

using nlohmann::json;
using Lines = std::vector<std::string>;

/// Scores of resamples are computed in single precision by sacreBLEU.
constexpr double kResampledTolerance = 1e-4;

const json& golden() {
  static const json content = test::read_golden("significance.json");
  return content;
}

SentenceCounts counts(const std::string& metric, const Lines& system, const Lines& references) {
  const std::vector<Lines> lists = {references};
  if (metric == "bleu") return {bleu_statistics(system, lists, {}), BleuOptions{}};
  ChrfOptions options;
  options.word_order = metric == "chrf++" ? 2 : 0;
  return {chrf_statistics(system, lists, options), options};
}

/// Calls `use` with the results of sacreBLEU, the seed, and the counts of baseline and system.
template <typename Use>
void for_each_pair(const char* kind, Use use) {
  int pairs = 0;
  for (const json& one : golden().at("cases")) {
    for (const auto& [metric, results] : one.at(kind).items()) {
      CAPTURE(metric);
      const SentenceCounts baseline = counts(metric, one.at("systems")[0], one.at("references"));
      for (std::size_t i = 0; i < results.size(); ++i) {
        CAPTURE(i);
        use(results[i], one.at("seed").get<std::uint32_t>(), baseline,
            counts(metric, one.at("systems")[i], one.at("references")));
        ++pairs;
      }
    }
  }
  CHECK(pairs == 27);
}

TEST_CASE("The generator is NumPy's") {
  for (const json& expected : golden().at("generators")) {
    const auto seed = expected.at("seed").get<std::uint32_t>();
    CAPTURE(seed);
    for (const auto& [bound, indices] : expected.at("indices").items()) {
      CAPTURE(bound);
      NumpyRandom random(seed);
      for (const json& index : indices) {
        CHECK(random.below(static_cast<std::uint32_t>(std::stoul(bound))) == index);
      }
    }
    NumpyRandom random(seed);
    for (const char coin : expected.at("coins").get<std::string>()) {
      CHECK(random.coin() == (coin == '1'));
    }
  }
}

TEST_CASE("Paired bootstrap is sacreBLEU's") {
  for_each_pair("bootstrap", [](const json& expected, std::uint32_t seed,
                                const SentenceCounts& baseline, const SentenceCounts& system) {
    CHECK(std::abs(system.score() - expected.at("score").get<double>()) < 1e-6);
    const BootstrapInterval interval = bootstrap_interval(system, kBootstrapResamples, seed);
    CHECK(std::abs(interval.mean - expected.at("mean").get<double>()) < kResampledTolerance);
    CHECK(std::abs(interval.half_width - expected.at("ci").get<double>()) < kResampledTolerance);
    if (expected.at("p_value").is_null()) return;
    CHECK(paired_bootstrap(baseline, system, kBootstrapResamples, seed) ==
          expected.at("p_value").get<double>());
  });
}

TEST_CASE("Approximate randomisation is sacreBLEU's") {
  for_each_pair("randomisation", [](const json& expected, std::uint32_t seed,
                                    const SentenceCounts& baseline, const SentenceCounts& system) {
    if (expected.at("p_value").is_null()) return;
    CHECK(approximate_randomisation(baseline, system, kRandomisationTrials, seed) ==
          expected.at("p_value").get<double>());
  });
}

TEST_CASE("Equal systems do not differ, and clearly different ones do") {
  std::vector<bool> worse(200, false);
  std::vector<bool> better(200, true);
  better[7] = false;
  const SentenceCounts a(worse);
  const SentenceCounts b(better);
  CHECK(b.score() == doctest::Approx(99.5));
  CHECK(paired_bootstrap(a, a) == 1);
  CHECK(approximate_randomisation(b, b) == 1);
  CHECK(paired_bootstrap(a, b) == doctest::Approx(1.0 / 1001));
  CHECK(approximate_randomisation(a, b) == doctest::Approx(1.0 / 10001));
  CHECK_THROWS_AS(paired_bootstrap(a, SentenceCounts(std::vector<bool>(3))), std::logic_error);
}

TEST_CASE("Shares of right sentences: differences as large as the observed one count") {
  std::vector<bool> worse(600, false);
  std::vector<bool> better = worse;
  better[0] = true;
  CHECK(approximate_randomisation(SentenceCounts(worse), SentenceCounts(better)) == 1);
  std::fill_n(better.begin(), 5, true);
  // The sign test's: all five coins fall the same way.
  CHECK(approximate_randomisation(SentenceCounts(worse), SentenceCounts(better)) ==
        doctest::Approx(2.0 / 32).epsilon(0.15));
}

TEST_CASE("Outputs of several seeds are drawn together") {
  const std::vector<bool> first = {true, false, true, true};
  const std::vector<bool> second = {false, false, true, false};
  SentenceCounts both{first};
  both += SentenceCounts{second};
  CHECK(both.sentences() == 4);
  CHECK(both.score() == doctest::Approx(50));
  SentenceCounts twice{first};
  twice *= 2;
  CHECK(paired_bootstrap(both, twice) < 1);
  CHECK(twice.score() == doctest::Approx(75));
}

TEST_CASE("Holm's correction") {
  const double none = std::numeric_limits<double>::quiet_NaN();
  const std::vector<double> adjusted = holm(std::vector<double>{0.01, 0.04, none, 0.03, 0.005});
  CHECK(adjusted[0] == doctest::Approx(0.03));  // second smallest of four
  CHECK(adjusted[1] == doctest::Approx(0.06));  // 0.04, raised to the one before it
  CHECK(std::isnan(adjusted[2]));
  CHECK(adjusted[3] == doctest::Approx(0.06));
  CHECK(adjusted[4] == doctest::Approx(0.02));
  CHECK(holm(std::vector<double>{0.9, 0.8})[0] == 1.0);
}

}  // namespace
}  // namespace seqlab
