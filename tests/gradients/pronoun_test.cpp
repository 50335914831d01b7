#include "seqlab/models/pronoun_model.hpp"

#include <doctest/doctest.h>

#include "seqlab/autograd/gradient_check.hpp"

namespace seqlab {

TEST_CASE("gradients: every kind of pronoun model") {
  using O = PronounModelOptions;
  const PronounText text = make_pronouns({.train_groups = 1, .test_groups = 1, .seed = 3});
  int checked = 0;
  for (const Index layers : {1, 2}) {
    for (const auto projections :
         {O::Projections::none, O::Projections::symmetric, O::Projections::separate}) {
      for (const bool values : {false, true}) {
        for (const bool learned : {false, true}) {
          for (const auto answer : {O::Answer::weights, O::Answer::context}) {
            const O options{.width = 4,
                            .layers = layers,
                            .projections = projections,
                            .values = values,
                            .learned_embeddings = learned,
                            .asked = learned ? O::Asked::property : O::Asked::pronoun,
                            .answer = answer};
            PronounModel model(options, text.vocabulary.size(), 5);
            if (model.parameters().parameters().empty()) continue;
            ++checked;
            const GradientReport report =
                check_gradients(model.parameters(), {}, [&](Tape& tape, std::span<const Variable>) {
                  return CheckedOutputs{{model.loss(tape, std::span(text.train).first(3))}};
                });
            INFO(report.text());
            CHECK(report.passed());
          }
        }
      }
    }
  }
  CHECK(checked == 43);  // of 48, five have nothing to learn
}

}  // namespace seqlab
