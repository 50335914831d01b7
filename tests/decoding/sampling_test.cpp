#include "seqlab/decoding/sampling.hpp"

#include <doctest/doctest.h>

#include <map>

#include "support.hpp"

namespace {

using namespace seqlab;

/// Logits of tokens 2, 3 (<unk>), 4, 5, 6; kPad and kBos would be the most probable.
const std::vector<Real> kLogits = {9, 9, Real(-1), 8, 1, 2, 0};

std::map<TokenId, int> draws(const SamplingOptions& options, int count) {
  Random random(3, "draws");
  std::map<TokenId, int> counts;
  for (int i = 0; i < count; ++i) ++counts[sample_token(kLogits.data(), 7, options, random)];
  return counts;
}

}  // namespace

TEST_CASE(
    "sample_token: frequencies are the softmax's at the temperature, without special tokens") {
  for (const double temperature : {1.0, 0.5, 2.0}) {
    CAPTURE(temperature);
    SamplingOptions options;
    options.temperature = temperature;
    constexpr int kDraws = 20000;
    std::map<TokenId, int> counts = draws(options, kDraws);
    double total = 0;
    for (const TokenId v : {2, 4, 5, 6}) {
      total += std::exp(static_cast<double>(kLogits[static_cast<std::size_t>(v)]) / temperature);
    }
    int drawn = 0;
    for (const TokenId v : {2, 4, 5, 6}) {
      const double p =
          std::exp(static_cast<double>(kLogits[static_cast<std::size_t>(v)]) / temperature) / total;
      // Five standard deviations.
      CHECK(std::abs(counts[v] - kDraws * p) < 5 * std::sqrt(kDraws * p * (1 - p)));
      drawn += counts[v];
    }
    CHECK(drawn == kDraws);
  }
}

TEST_CASE("sample_token: temperature 0, top-k and top-p cut") {
  SamplingOptions options;
  options.temperature = 0;
  CHECK(draws(options, 10) == std::map<TokenId, int>{{5, 10}});
  options.temperature = 1;
  options.top_k = 2;
  const auto two = draws(options, 500);
  CHECK(two.size() == 2);
  CHECK(two.contains(5));
  CHECK(two.contains(4));
  options.top_k = 0;
  options.top_p = 0.6;  // the most probable token alone has 0.64
  CHECK(draws(options, 50).size() == 1);
  options.top_p = 0.7;
  CHECK(draws(options, 500).size() == 2);
}

TEST_CASE("sample_token refuses logits of a diverged model") {
  std::vector<Real> bad = kLogits;
  bad[4] = std::numeric_limits<Real>::quiet_NaN();
  Random random(1, "bad");
  CHECK(contains(message_of<RuntimeFailure>([&] { sample_token(bad.data(), 7, {}, random); }),
                 "diverged"));
}

TEST_CASE("Sampling options out of range are refused by name") {
  const auto refused = [](auto change) {
    SamplingOptions options;
    change(options);
    return message_of<UsageError>([&] { validate(options); });
  };
  CHECK(contains(refused([](SamplingOptions& o) { o.temperature = -1; }), "temperature"));
  CHECK(contains(refused([](SamplingOptions& o) { o.top_k = -1; }), "top-k"));
  CHECK(contains(refused([](SamplingOptions& o) { o.top_p = 0; }), "top-p"));
  CHECK(contains(refused([](SamplingOptions& o) { o.tokens = -1; }), "tokens"));
}
