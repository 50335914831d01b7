// Language models of plain text.

#include "seqlab/models/language_model.hpp"

#include <doctest/doctest.h>

#include "models/combinations.hpp"
#include "models/forced.hpp"
#include "seqlab/decoding/sampling.hpp"

using namespace seqlab;

namespace {

constexpr VocabularySizes kPlain{0, 17};

std::vector<std::unique_ptr<LanguageModel>> plain_models() {
  std::vector<std::unique_ptr<LanguageModel>> models;
  for (const char* family : {"decoder-only", "rnn-lm", "lstm-lm", "gru-lm"}) {
    ModelOptions options = small(find_family(family).defaults);
    options.decoder_layers = 2;
    models.push_back(std::make_unique<LanguageModel>(options, kPlain, 5));
  }
  return models;
}

}  // namespace

TEST_CASE("A model of plain text does not look at sources and has no parameters for them") {
  Random random(3, "plain");
  const Sentence text = random_sentence(random, 7), source = random_sentence(random, 4);
  for (const auto& model : plain_models()) {
    CHECK(whole_sequence(*model, batch_of({source}, {text})) ==
          whole_sequence(*model, batch_of({Sentence()}, {text})));
    for (const NamedParameter& parameter : model->parameters().parameters()) {
      CHECK(parameter.name.find("source") == std::string::npos);
    }
  }
}

TEST_CASE("Models with an encoder refuse plain text") {
  CHECK_THROWS_AS(make_model(small(find_family("lstm").defaults), kPlain, 1), UsageError);
}

TEST_CASE("Generation with and without a cache gives the same tokens") {
  Random random(3, "prompt");
  const Sentence prompt = random_sentence(random, 3);
  for (const auto& model : plain_models()) {
    for (const double temperature : {0.0, 1.0}) {
      for (const Index context : {64, 10}) {  // the second slides
        SamplingOptions options;
        options.temperature = temperature;
        options.tokens = 30;
        options.context = context;
        const Sentence cached = generate(*model, prompt, options);
        const Sentence uncached = generate_uncached(
            [&](const Sentence& window) { return model->next_logits(window); }, prompt, options);
        CHECK(cached.size() == 33);
        CHECK(cached == uncached);
        CHECK(std::equal(prompt.begin(), prompt.end(), cached.begin()));
        options.seed = 2;
        CHECK((generate(*model, prompt, options) == cached) == (temperature == 0.0));
      }
    }
  }
}

TEST_CASE("Generation of every combination of options: cached and uncached") {
  Random random(3, "prompt");
  const Sentence prompt = random_sentence(random, 2);
  SamplingOptions options;
  options.tokens = 6;
  for_every_combination(find_family("decoder-only").defaults, [&](const ModelOptions& model) {
    const LanguageModel made(model, kPlain, 5);
    CHECK(generate(made, prompt, options) ==
          generate_uncached([&](const Sentence& window) { return made.next_logits(window); },
                            prompt, options));
  });
}

TEST_CASE("Generation of one line ends with it") {
  const auto models = plain_models();
  SamplingOptions options;
  options.one_line = true;
  options.tokens = 500;
  const Sentence text = generate(*models[0], {}, options);
  CHECK(text.size() < 500);
  CHECK(std::find(text.begin(), text.end(), kEos) == text.end());
  options.one_line = false;
  options.tokens = 500;
  const Sentence lines = generate(*models[0], {}, options);
  CHECK(lines.size() == 500);
  CHECK(std::equal(text.begin(), text.end(), lines.begin()));
  CHECK(lines[text.size()] == kEos);
}
