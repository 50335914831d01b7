#include "seqlab/experiment/cost.hpp"

#include <doctest/doctest.h>

#include "models/combinations.hpp"

using namespace seqlab;

TEST_CASE("Cost: the formulas agree with what is counted, for every combination of options") {
  for_every_combination(find_family("decoder-only").defaults, [](ModelOptions options) {
    options.decoder_layers = 2;
    const ModelCost formula = cost_by_formula(options, 11, 5);
    const MeasuredCost measured = measure_cost(options, 11, 5);
    CHECK(formula.parameters == measured.parameters);
    CHECK(formula.flops == measured.flops);
    CHECK(formula.cache_numbers * static_cast<Index>(sizeof(Real)) == measured.cache_bytes);
  });
}

TEST_CASE("Cost: the cache of DeepSeek-V2 at its published size, by formula and to the byte") {
  std::string table;
  for (const NamedAttention& kind : attention_kinds(deepseek_v2())) {
    const Index numbers = cost_by_formula(kind.options, kDeepseekVocabulary, 1).cache_numbers;
    table += fmt::format("{} {}\n", kind.name, numbers);
    CHECK(measure_cache_bytes(kind.options) == numbers * static_cast<Index>(sizeof(Real)));
  }
  CHECK(table == "MHA 1966080\nGQA-8 122880\nMQA 15360\nMLA 34560\n");
}

TEST_CASE("Cost: the parameters of DeepSeek-V2 are the published 236 and 21 thousand million") {
  ModelOptions options = deepseek_v2();
  options.transformer.attention = TransformerOptions::Attention::latent;
  options.transformer.kv_heads = 0;
  const ModelCost cost = cost_by_formula(options, kDeepseekVocabulary, 1);
  // All layers have experts here, the published first one is dense: one per cent more.
  CHECK(cost.parameters == doctest::Approx(236e9).epsilon(0.02));
  CHECK(cost.active_parameters == doctest::Approx(21e9).epsilon(0.03));
}
