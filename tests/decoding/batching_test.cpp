// Real models, in batches of different sizes. That scores are those of teacher forcing is among the
// invariants of models.

#include <doctest/doctest.h>

#include "seqlab/decoding/translate.hpp"
#include "seqlab/models/registry.hpp"

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
