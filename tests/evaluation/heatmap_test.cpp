#include "seqlab/evaluation/heatmap.hpp"

#include <doctest/doctest.h>

#include "seqlab/error.hpp"
#include "support.hpp"

using namespace seqlab;

namespace {

/// Maps of the source "b a" and the target "a" with these cross-attention heads.
std::vector<AttentionMap> two_heads() {
  std::vector<AttentionMap> maps(2);
  maps[0].weights = Matrix{{1.0F, 0.0F, 0.0F}, {0.0F, 0.5F, 0.5F}};
  maps[1].weights = Matrix{{0.0F, 1.0F, 0.0F}, {0.0F, 0.0F, 1.0F}};
  maps[1].head = 1;
  return maps;
}

struct Example {
  TokenizerPair tokenizers =
      TokenizerPair::train({.kind = "symbols"}, {"long a"}, {"first second"});
  Sentence source = tokenizers.source->encode("long a");
  Sentence target = tokenizers.target->encode("first");

  std::vector<Heatmap> make(const AttentionSelection& selection) const {
    return make_heatmaps(two_heads(), selection, tokenizers, source, target);
  }
};

}  // namespace

TEST_CASE("Heatmap: the mean of all heads, each apart, or one") {
  const Example example;
  const std::vector<Heatmap> mean = example.make({});
  REQUIRE(mean.size() == 1);
  CHECK(mean[0].name == "cross-attention, layer mean, head mean");
  CHECK(mean[0].weights == Matrix{{0.5F, 0.5F, 0.0F}, {0.0F, 0.25F, 0.75F}});
  CHECK(mean[0].rows == std::vector<std::string>{"first", "</s>"});
  CHECK(mean[0].columns == std::vector<std::string>{"long", "a", "</s>"});

  AttentionSelection apart;
  apart.apart = true;
  CHECK(example.make(apart).size() == 2);
  AttentionSelection second;
  second.head = 1;
  REQUIRE(example.make(second).size() == 1);
  CHECK(example.make(second)[0].name == "cross-attention, layer 0, head 1");
}

TEST_CASE("Heatmap: a map that is not there") {
  const Example example;
  AttentionSelection selection;
  selection.kind = AttentionKind::encoder;
  selection.layer = 3;
  const std::string message = message_of<UsageError>([&] { example.make(selection); });
  CHECK(contains(message, "no encoder self-attention in layer 3"));
  CHECK(contains(message, "it has: cross (layers 0-0, heads 0-1)"));
}

TEST_CASE("Heatmap: shaded blocks under the tokens that are looked at") {
  const std::vector<Heatmap> mean = Example().make({});
  CHECK(draw_heatmap(mean[0]) ==
        "cross-attention, layer mean, head mean\n"
        "       l   <\n"
        "       o   /\n"
        "       n   s\n"
        "       g a >\n" +
            std::string("first │▓▓▓▓  │\n"
                        " </s> │  ▒▒██│\n"
                        "       weight: ░ 0.05  ▒ 0.2  ▓ 0.4  █ 0.7 and more\n"));
}

TEST_CASE("Tokens in tables neither end a field nor begin gnuplot's quotes") {
  CHECK(table_token("a\tb \"c\"") == "a b ”c”");
}

TEST_CASE("Heatmap: a row of the table for each weight") {
  const std::string tsv = heatmaps_tsv(Example().make({}));
  CHECK(
      tsv.starts_with("layer\thead\trow\trow_token\tcolumn\tcolumn_token\tweight\n"
                      "mean\tmean\t0\tfirst\t0\tlong\t0.500000\n"));
  CHECK(contains(tsv, "mean\tmean\t1\t</s>\t1\ta\t0.250000\n"));
  CHECK(std::count(tsv.begin(), tsv.end(), '\n') == 7);
}
