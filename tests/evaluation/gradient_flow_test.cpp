#include "seqlab/evaluation/gradient_flow.hpp"

#include <doctest/doctest.h>

#include "models/model_fixture.hpp"

using namespace seqlab;

TEST_CASE("Gradient flow: geometric means over sentences, worked by hand") {
  GradientFlowSums sums;
  sums.add({{2, 1.0}, {1, 3.0}});
  sums.add({{2, 4.0}, {3, 12.0}});
  const std::vector<GradientFlow> all = sums.means(1);
  REQUIRE(all.size() == 3);
  CHECK(all[1].distance == 2);
  CHECK(all[1].count == 2);
  CHECK(all[1].norm == doctest::Approx(2));
  CHECK(all[1].deviation == doctest::Approx(2));
  CHECK(all[1].share == doctest::Approx(0.25));  // 1 of 4 and 4 of 16
  CHECK(all[2].norm == doctest::Approx(12));
  CHECK(all[2].deviation == doctest::Approx(1));
  CHECK(sums.means(2).size() == 1);
}

TEST_CASE("Gradient flow: a gradient of zero does not make the mean infinite") {
  GradientFlowSums sums;
  sums.add({{1, 0.0}});
  CHECK(sums.means(1)[0].norm > 0);
  CHECK(sums.means(1)[0].norm < 1e-30);
}

TEST_CASE("Gradient flow: every model has a gradient at every position, of one word only") {
  const Sentence source = {5, 9, 7, 4, 6};
  for (SmallModel small : small_models()) {
    small.options.transformer.balance = 0;
    CAPTURE(small.name);
    const auto model = make_small(small);
    const auto first = state_gradients(*model, source, {8, 6, 4}, TargetWord::first);
    if (small.options.encoder == EncoderKind::none) {
      CHECK(first.empty());
      continue;
    }
    REQUIRE(first.size() == 6);
    for (std::size_t t = 0; t < first.size(); ++t) {
      CHECK(first[t].distance == 6 - static_cast<Index>(t));
      CHECK(first[t].norm > 0);
    }
    // The loss at the first word knows nothing of those that follow.
    const auto other = state_gradients(*model, source, {8, 11, 12}, TargetWord::first);
    const auto last = state_gradients(*model, source, {8, 11, 12}, TargetWord::last);
    double difference = 0;
    for (std::size_t t = 0; t < first.size(); ++t) {
      CHECK(other[t].norm == doctest::Approx(first[t].norm).epsilon(1e-5));
      CHECK(last[t].distance == first[t].distance + 2);
      difference += std::abs(last[t].norm - first[t].norm);
    }
    CHECK(difference > 0);
  }
}
