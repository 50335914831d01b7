// Gradients of whole models with every combination of the Transformer's options.

#include <doctest/doctest.h>

#include "models/combinations.hpp"

namespace seqlab {
namespace {

constexpr VocabularySizes kVocabulary{9, 9};

double loss_of(const SequenceModel& model, const Batch& batch) {
  Tape tape(model.parameters().values());
  return model.loss(tape, batch, {}).negative_log_likelihood;
}

/// The slope of the loss along one random direction of each parameter, against the gradient's.
void check_slopes(SequenceModel& model, const Batch& batch) {
  ParameterStore& store = model.parameters();
  FlatBuffer gradients(store.values().size(), Real(0));
  Random dropout(1, "dropout");
  Tape tape(store.values(), gradients, &dropout);
  model.loss(tape, batch, {});
  tape.backward();
  constexpr Real kStep = 1e-5;
  for (const NamedParameter& parameter : store.parameters()) {
    const std::span<Real> values = store.value(parameter.place).flat();
    const Real* gradient = gradients.data() + parameter.place.offset;
    const std::vector<Real> kept(values.begin(), values.end());
    Random random(2, parameter.name);
    std::vector<Real> direction(values.size());
    Real expected = 0;
    for (std::size_t i = 0; i < direction.size(); ++i) {
      direction[i] = random.uniform(-1.0, 1.0);
      expected += direction[i] * gradient[i];
    }
    const auto at = [&](Real step) {
      for (std::size_t i = 0; i < kept.size(); ++i) values[i] = kept[i] + step * direction[i];
      return loss_of(model, batch);
    };
    const Real slope = (at(kStep) - at(-kStep)) / (2 * kStep);
    std::copy(kept.begin(), kept.end(), values.begin());
    CAPTURE(parameter.name);
    CHECK(std::abs(slope - expected) <= 1e-6 + 1e-5 * std::abs(slope));
  }
}

}  // namespace

TEST_CASE("gradients: the decoder-only model with every combination of options") {
  const Batch batch = batch_of({{4, 5, 6}, {7}}, {{8, 4}, {5, 6, 8, 7}});
  for_every_combination(find_family("decoder-only").defaults, [&](const ModelOptions& options) {
    const auto model = make_model(options, kVocabulary, 5);
    check_slopes(*model, batch);
  });
}

TEST_CASE("gradients: recurrent language models") {
  const Batch batch = batch_of({{4, 5, 6}, {7}}, {{8, 4}, {5, 6, 8, 7}});
  for (const char* family : {"rnn-lm", "lstm-lm", "gru-lm"}) {
    ModelOptions options = find_family(family).defaults;
    options.width = 5;
    options.decoder_layers = 2;
    for (const VocabularySizes sizes : {kVocabulary, VocabularySizes{0, 9}}) {
      const auto model = make_model(options, sizes, 5);
      check_slopes(*model, batch);
    }
  }
}

}  // namespace seqlab
