// What must hold for every registered model, whatever it computes.

#include <doctest/doctest.h>

#include "models/forced.hpp"
#include "seqlab/decoding/beam_search.hpp"
#include "seqlab/decoding/greedy.hpp"
#include "seqlab/tensor/gemm.hpp"
#include "seqlab/tensor/rows.hpp"

using namespace seqlab;

namespace {

template <typename Function>
void for_every_model(Function&& function) {
  for (const SmallModel& model : small_models()) {
    CAPTURE(model.name);
    const std::unique_ptr<SequenceModel> made = make_small(model);
    function(*made, model);
  }
}

}  // namespace

TEST_CASE("whole sequence and step by step agree") {
  const Example e = ragged_example();
  const Batch batch = batch_of(e.sources, e.targets);
  for_every_model([&](const SequenceModel& model, const SmallModel&) {
    check_close(whole_sequence(model, batch), step_by_step(model, batch));
  });
}

TEST_CASE("a sentence's loss does not depend on its batch: padding, neighbours, order") {
  const Example e = ragged_example();
  const Batch together = batch_of(e.sources, e.targets);
  for_every_model([&](const SequenceModel& model, const SmallModel&) {
    const std::vector<double> expected = whole_sequence(model, together);
    for (std::size_t i = 0; i < e.sources.size(); ++i) {
      check_close(whole_sequence(model, batch_of({e.sources[i]}, {e.targets[i]})), {expected[i]});
    }
    const Example r{{e.sources.rbegin(), e.sources.rend()}, {e.targets.rbegin(), e.targets.rend()}};
    check_close(whole_sequence(model, batch_of(r.sources, r.targets)),
                {expected.rbegin(), expected.rend()});
  });
}

TEST_CASE("a prediction does not depend on later target tokens") {
  Random random(3, "causality");
  const Sentence source = random_sentence(random, 6), target = random_sentence(random, 8);
  Sentence changed = target;
  changed[5] = changed[5] == kFirstFree ? kFirstFree + 1 : kFirstFree;
  Sentence prefix(target.begin(), target.begin() + 5);
  for_every_model([&](SequenceModel& model, const SmallModel&) {
    // The loss of the common prefix: the difference that the sixth token makes must be the same
    // whether the tokens after it are there or not. Compared through the gradient-free loss of
    // batches that share the prefix.
    const Batch a = batch_of({source}, {target}), b = batch_of({source}, {changed});
    DecoderState sa = model.start(a.source), sb = model.start(b.source);
    FlatBuffer gradient_a(model.parameters().values().size(), Real(0));
    for (Index t = 0; t < 6; ++t) {  // position 6 is the first to read the changed token
      const StepOutput oa = model.step(std::array{a.target_input.at(t, 0)}, sa);
      const StepOutput ob = model.step(std::array{b.target_input.at(t, 0)}, sb);
      for (Index v = 0; v < cols(oa.logits); ++v) {
        CHECK(ref(oa.logits).row(0)[v] == ref(ob.logits).row(0)[v]);
      }
    }
    // In the whole-sequence pass: mask all but the first six targets and compare the losses.
    Batch ma = a, mb = b;
    for (std::size_t t = 5; t < ma.target_output.tokens.size(); ++t) {
      ma.target_output.tokens[t] = mb.target_output.tokens[t] = kPad;
    }
    check_close(whole_sequence(model, ma), whole_sequence(model, mb));
  });
}

TEST_CASE("attention to the source sums to one, or less beside the target, and is zero on padding") {
  const Example e = ragged_example();
  const Batch batch = batch_of(e.sources, e.targets);
  for_every_model([&](const SequenceModel& model, const SmallModel& small_model) {
    std::vector<Matrix> attention;
    step_by_step(model, batch, &attention);
    const bool attends = small_model.options.attends_to_source();
    for (const Matrix& weights : attention) {
      CHECK((weights.size() != 0) == attends);
      for (Index r = 0; r < rows(weights); ++r) {
        const Index length = batch.source.lengths[static_cast<std::size_t>(r)];
        const Real total = sum(ref(weights).row(r), cols(weights));
        if (small_model.options.encoder == EncoderKind::none) {
          CHECK(total > Real(0));
          CHECK(total < Real(1));
        } else {
          CHECK(total == doctest::Approx(1.0).epsilon(1e-5));
        }
        for (Index j = length; j < cols(weights); ++j) CHECK(ref(weights).row(r)[j] == Real(0));
      }
    }
  });
}

TEST_CASE("the source matters, also its first and last word") {
  Random random(5, "source");
  const Sentence source = random_sentence(random, 6), target = random_sentence(random, 5);
  for_every_model([&](const SequenceModel& model, const SmallModel&) {
    const double whole = whole_sequence(model, batch_of({source}, {target}))[0];
    for (const std::size_t position : {std::size_t{0}, source.size() - 1}) {
      Sentence other = source;
      other[position] = other[position] == kFirstFree ? kFirstFree + 1 : kFirstFree;
      CHECK(whole_sequence(model, batch_of({other}, {target}))[0] != whole);
    }
  });
}

TEST_CASE("selected rows go on as the hypotheses that they copy") {
  const Example e = ragged_example();
  const Batch batch = batch_of(e.sources, e.targets);
  const std::vector<Index> parents{3, 0, 3, 4};
  for_every_model([&](const SequenceModel& model, const SmallModel&) {
    DecoderState all = model.start(batch.source);
    const std::vector<TokenId> begin(5, kBos), next{4, 5, 6, 7, 8};
    model.step(begin, all);
    model.step(next, all);
    DecoderState some = all;
    some.select_rows(parents);
    const StepOutput from_all = model.step(next, all);
    std::vector<TokenId> tokens;
    for (const Index p : parents) tokens.push_back(next[static_cast<std::size_t>(p)]);
    const StepOutput from_some = model.step(tokens, some);
    for (std::size_t r = 0; r < parents.size(); ++r) {
      for (Index v = 0; v < cols(from_all.logits); ++v) {
        CHECK(ref(from_some.logits).row(static_cast<Index>(r))[v] ==
              doctest::Approx(ref(from_all.logits).row(parents[r])[v]).epsilon(1e-5));
      }
    }
  });
}

TEST_CASE("the caches of a long hypothesis grow") {
  Random random(8, "long");
  const std::vector<Sentence> source{random_sentence(random, 4)};
  const std::vector<Sentence> target{random_sentence(random, 38)};
  const Batch batch = batch_of(source, target);
  for_every_model([&](const SequenceModel& model, const SmallModel&) {
    check_close(whole_sequence(model, batch), step_by_step(model, batch));
  });
}

TEST_CASE("with a constant context Bahdanau's decoder is the fixed-context decoder") {
  // A source of one position leaves attention nothing to choose: its context is the summary.
  ModelOptions attention = small(find_family("bahdanau").defaults);
  ModelOptions fixed = attention;
  fixed.decoder = DecoderKind::fixed_context;
  for (const Cell cell : {Cell::rnn, Cell::lstm, Cell::gru}) {
    attention.recurrent.cell = fixed.recurrent.cell = cell;
    const auto with_attention = make_model(attention, kSmallVocabulary, 5);
    const auto without = make_model(fixed, kSmallVocabulary, 5);
    Random random(2, "constant context");
    const std::vector<Sentence> sources(3), targets{random_sentence(random, 4),
                                                    random_sentence(random, 7),
                                                    random_sentence(random, 1)};
    const Batch batch = batch_of(sources, targets);
    CHECK(without->parameters().count() < with_attention->parameters().count());
    check_close(whole_sequence(*with_attention, batch), whole_sequence(*without, batch));
    check_close(step_by_step(*with_attention, batch), step_by_step(*without, batch));
  }
}

TEST_CASE("the search's score is the forced score, and beam 1 is greedy") {
  const Example e = ragged_example();
  std::vector<const Sentence*> sources;
  for (const Sentence& s : e.sources) sources.push_back(&s);
  DecodingOptions options;
  options.length_penalty = LengthPenalty::none;
  options.max_length_offset = 4;
  for_every_model([&](const SequenceModel& model, const SmallModel&) {
    options.beam = 1;
    const auto greedy = greedy_search(model, sources, options);
    const auto narrow = beam_search(model, sources, options);
    options.beam = options.nbest = 3;
    const auto wide = beam_search(model, sources, options);
    for (std::size_t i = 0; i < sources.size(); ++i) {
      CHECK(narrow[i][0].tokens == greedy[i].tokens);
      for (const Hypothesis& hypothesis : wide[i]) {
        if (!hypothesis.finished) continue;
        const Batch forced = batch_of({e.sources[i]}, {hypothesis.tokens});
        CHECK(hypothesis.log_probability ==
              doctest::Approx(-whole_sequence(model, forced)[0]).epsilon(1e-5));
      }
    }
  });
}
