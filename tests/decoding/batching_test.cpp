// Real models, in batches of different sizes. That scores are those of teacher forcing is among the
// invariants of models.

#include <doctest/doctest.h>

#include "decoding/scripted_model.hpp"
#include "seqlab/decoding/translate.hpp"
#include "seqlab/models/registry.hpp"
#include "seqlab/tensor/bf16_products.hpp"

using namespace seqlab;

namespace {

constexpr Index kVocabulary = 30;

std::unique_ptr<SequenceModel> make_small_model(const ModelFamily& family) {
  ModelOptions options = family.defaults;
  options.width = 16;
  options.embedding = 0;
  auto model = make_model(options, {kVocabulary, kVocabulary}, 3);
  // Larger weights than a new model's, so that predictions differ from step to step.
  Random random(5, "weights");
  for (Real& value : model->parameters().values()) {
    value += static_cast<Real>(random.uniform(-0.5, 0.5));
  }
  return model;
}

std::vector<Sentence> draw_sources() {
  Random random(2, "sources");
  std::vector<Sentence> sources;
  for (const std::size_t length : {5, 1, 9, 3, 9, 2, 7, 4}) {
    Sentence& sentence = sources.emplace_back(length);
    for (TokenId& token : sentence) {
      token = static_cast<TokenId>(kFirstFree + random.below(kVocabulary - kFirstFree));
    }
  }
  return sources;
}

DecodingOptions small_options(Index beam) {
  DecodingOptions options;
  options.beam = beam;
  options.nbest = beam;
  options.max_length_factor = 1;
  options.max_length_offset = 5;
  return options;
}

}  // namespace

TEST_CASE("every model: translations depend neither on the batches nor on the threads") {
  const std::vector<Sentence> sources = draw_sources();
  for (const ModelFamily& family : model_families()) {
    CAPTURE(family.name);
    const auto model = make_small_model(family);
    for (const Index beam : {1, 4}) {
      DecodingOptions options = small_options(beam);
      options.batch_sentences = 1;
      const auto alone = decode(*model, sources, options, 1);
      for (const Index batch : {3, 64}) {
        options.batch_sentences = batch;
        const auto together = decode(*model, sources, options, 2);
        for (std::size_t s = 0; s < sources.size(); ++s) {
          REQUIRE(together[s].size() == alone[s].size());
          for (std::size_t n = 0; n < alone[s].size(); ++n) {
            CHECK(together[s][n].tokens == alone[s][n].tokens);
            CHECK(together[s][n].score == doctest::Approx(alone[s][n].score).epsilon(1e-4));
          }
        }
      }
    }
  }
}

TEST_CASE("every model: a translator gives the same each time, and what one that is new gives") {
  const std::vector<Sentence> sources = draw_sources();
  for (const ModelFamily& family : model_families()) {
    CAPTURE(family.name);
    const auto model = make_small_model(family);
    for (const Index beam : {1, 4}) {
      const DecodingOptions options = small_options(beam);
      Translator translator(*model, options, 2);
      const auto first = translator.translate(sources);
      CHECK(testing::same(translator.translate(sources), first));
      CHECK(testing::same(decode(*model, sources, options, 2), first));
    }
  }
}

TEST_CASE("learned positions: hypotheses end where the positions end") {
  for (const char* family : {"transformer", "decoder-only"}) {
    CAPTURE(family);
    ModelFamily learned = find_family(family);
    learned.defaults.transformer.positions = TransformerOptions::Positions::learned;
    learned.defaults.transformer.max_length = 12;
    const auto model = make_small_model(learned);
    model->parameters().value(model->parameters().find("output.bias")).data[kEos] = Real(-1e9);
    const Sentence source = {4, 5, 6, 7};
    for (const Index beam : {1, 3}) {
      DecodingOptions options = small_options(beam);
      options.nbest = 1;
      options.max_length_offset = 100;
      // A decoder-only model reads the source, its end mark included, at the same positions.
      const Index expected = family == std::string("transformer") ? 12 : 12 - 5;
      CHECK(decode(*model, {source}, options, 1).front().front().length == expected);
    }
  }
}

TEST_CASE("bf16 decoding rounds, and nearly all translations stay the same") {
  if (!bf16_products_available()) {
    MESSAGE("skipped: this processor has no bfloat16 products");
    return;
  }
  // Large enough for products that are rounded.
  ModelOptions options = find_family("lstm").defaults;
  options.width = 128;
  options.embedding = 0;
  const auto model = make_model(options, {kVocabulary, 400}, 3);
  std::vector<Sentence> sources;
  for (int i = 0; i < 8; ++i) {
    for (const Sentence& source : draw_sources()) sources.push_back(source);
  }
  DecodingOptions decoding = small_options(1);
  const auto single = decode(*model, sources, decoding, 1);
  decoding.precision = Precision::bf16;
  const auto rounded = decode(*model, sources, decoding, 1);
  std::size_t same = 0;
  bool same_score = true;
  for (std::size_t s = 0; s < sources.size(); ++s) {
    if (rounded[s][0].tokens == single[s][0].tokens) ++same;
    if (rounded[s][0].score != single[s][0].score) same_score = false;
    CHECK(rounded[s][0].score == doctest::Approx(single[s][0].score).epsilon(0.02));
  }
  CHECK_FALSE(same_score);
  CHECK(same >= sources.size() * 3 / 4);
}
