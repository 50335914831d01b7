// What must hold for every combination of the Transformer's options: in the decoder-only model,
// which has them all.

#include <doctest/doctest.h>

#include "models/combinations.hpp"
#include "models/forced.hpp"

using namespace seqlab;

TEST_CASE("every combination: whole and step by step, padding, causality") {
  Random random(4, "combinations");
  std::vector<Sentence> sources, targets;
  for (const Index length : {3, 1, 4}) {
    sources.push_back(random_sentence(random, length));
    targets.push_back(random_sentence(random, 6 - length));
  }
  const Batch together = batch_of(sources, targets);
  Batch changed = together;  // the longest target has another fourth token
  const std::size_t place = 4 * 3 + 1;
  TokenId& token = changed.target_input.tokens[place];
  REQUIRE(token >= kFirstFree);
  token = token == kFirstFree ? kFirstFree + 1 : kFirstFree;
  Index combinations = 0;
  for_every_combination(find_family("decoder-only").defaults, [&](const ModelOptions& options) {
    ++combinations;
    const auto model = make_model(options, kSmallVocabulary, 5);
    const std::vector<double> whole = whole_sequence(*model, together);
    check_close(whole, step_by_step(*model, together));
    for (std::size_t i = 0; i < sources.size(); ++i) {
      check_close(whole_sequence(*model, batch_of({sources[i]}, {targets[i]})), {whole[i]});
    }
    // The tokens before the changed one are predicted as before, those after it are not.
    Batch before = together, before_changed = changed;
    for (std::size_t i = 4 * 3; i < before.target_output.tokens.size(); ++i) {
      before.target_output.tokens[i] = before_changed.target_output.tokens[i] = kPad;
    }
    check_close(whole_sequence(*model, before), whole_sequence(*model, before_changed));
    CHECK(whole_sequence(*model, together) != whole_sequence(*model, changed));
  });
  CHECK(combinations == 480);
}
