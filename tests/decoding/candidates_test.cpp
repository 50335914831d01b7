#include "seqlab/decoding/candidates.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

#include "seqlab/error.hpp"
#include "seqlab/tensor/random.hpp"

using namespace seqlab;

namespace {

// Few different values, so that there are many ties.
std::vector<Real> draw_logits(Index vocabulary, std::uint64_t seed) {
  Random random(seed, "logits");
  std::vector<Real> logits(static_cast<std::size_t>(vocabulary));
  for (Real& logit : logits) logit = static_cast<Real>(random.below(20)) / 4;
  return logits;
}

double log_softmax(const std::vector<Real>& logits, std::size_t token) {
  double sum = 0;
  for (const Real logit : logits) sum += std::exp(static_cast<double>(logit));
  return static_cast<double>(logits[token]) - std::log(sum);
}

}  // namespace

TEST_CASE("log-probabilities are normalised over the whole vocabulary") {
  for (const Index vocabulary : {3, 4, 65, 66, 67, 200, 1000}) {
    const std::vector<Real> logits = draw_logits(vocabulary, 1);
    LogitRow row;
    row.read(logits.data(), vocabulary);
    for (std::size_t v = 0; v < logits.size(); ++v) {
      CHECK(row.log_probability(static_cast<TokenId>(v)) ==
            doctest::Approx(log_softmax(logits, v)).epsilon(1e-5));
    }
  }
}

TEST_CASE("the best token is the first of the largest and never a pad or begin mark") {
  for (const Index vocabulary : {3, 4, 65, 66, 67, 200, 1000}) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      std::vector<Real> logits = draw_logits(vocabulary, seed);
      logits[kPad] = logits[kBos] = 9;
      LogitRow row;
      row.read(logits.data(), vocabulary);
      const auto expected = std::max_element(logits.begin() + kEos, logits.end());
      CHECK(row.best_token() == expected - logits.begin());
    }
  }
}

TEST_CASE("the best candidates of several rows equal a full sort") {
  for (const Index vocabulary : {3, 5, 66, 67, 130, 600}) {
    for (const Index capacity : {1, 2, 7, 40, 5000}) {
      const std::vector<double> parents = {-0.5, -0.25, -0.5};
      BestCandidates best(capacity);
      std::vector<Candidate> expected;
      for (std::size_t p = 0; p < parents.size(); ++p) {
        // The first and last row are the same: their candidates are tied across parents.
        const std::vector<Real> logits = draw_logits(vocabulary, p % 2);
        LogitRow row;
        row.read(logits.data(), vocabulary);
        best.add(row, static_cast<Index>(p), parents[p]);
        for (TokenId v = kEos; v < static_cast<TokenId>(vocabulary); ++v) {
          expected.push_back({parents[p] + row.log_probability(v), static_cast<Index>(p), v});
        }
      }
      std::stable_sort(expected.begin(), expected.end(), [](const auto& a, const auto& b) {
        return a.log_probability > b.log_probability;
      });
      if (expected.size() > static_cast<std::size_t>(capacity)) {
        expected.erase(expected.begin() + capacity, expected.end());
      }
      REQUIRE(best.best().size() == expected.size());
      for (std::size_t i = 0; i < expected.size(); ++i) {
        CHECK(best.best()[i].log_probability == expected[i].log_probability);
        CHECK(best.best()[i].parent == expected[i].parent);
        CHECK(best.best()[i].token == expected[i].token);
      }
    }
  }
}

TEST_CASE("impossible tokens are no candidates") {
  std::vector<Real> logits(100, -std::numeric_limits<Real>::infinity());
  logits[kPad] = 1;
  logits[70] = 1;
  LogitRow row;
  row.read(logits.data(), 100);
  BestCandidates best(10);
  best.add(row, 0, 0.0);
  REQUIRE(best.best().size() == 1);
  CHECK(best.best()[0].token == 70);
  CHECK(best.best()[0].log_probability == doctest::Approx(std::log(0.5)));
}

TEST_CASE("numbers that are not finite are reported") {
  const Real infinity = std::numeric_limits<Real>::infinity();
  LogitRow row;
  for (const std::size_t place : {0, 2, 50, 99}) {
    for (const Real bad : {std::numeric_limits<Real>::quiet_NaN(), infinity}) {
      std::vector<Real> logits = draw_logits(100, 3);
      logits[place] = bad;
      CHECK_THROWS_AS(row.read(logits.data(), 100), RuntimeFailure);
    }
  }
  const std::vector<Real> nothing(100, -infinity);
  CHECK_THROWS_AS(row.read(nothing.data(), 100), RuntimeFailure);
}
