#include "seqlab/evaluation/score_corpus.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "seqlab/tensor/random.hpp"

using namespace seqlab;

namespace {

// A target token costs its id plus the first source token; even target tokens are right.
class CountingModel : public SequenceModel {
 public:
  CountingModel() : SequenceModel(1) {}

  LossSum loss(Tape& tape, const Batch& batch, const LossOptions& options) const override {
    CHECK_FALSE(tape.training());
    CHECK(options.label_smoothing == 0);
    LossSum sum;
    for (Index b = 0; b < batch.target_output.batch; ++b) {
      double nll = 0;
      bool all_right = true;
      for (Index t = 0; t < batch.target_output.lengths[static_cast<std::size_t>(b)]; ++t) {
        const TokenId token = batch.target_output.at(t, b);
        nll += token + batch.source.at(0, b);
        sum.correct += token % 2 == 0;
        all_right = all_right && token % 2 == 0;
        ++sum.tokens;
      }
      sum.negative_log_likelihood += nll;
      sum.smoothed += nll;
      sum.sentence_nll.push_back(nll);
      sum.sentence_correct.push_back(all_right);
    }
    return sum;
  }
  DecoderState start(const TokenBatch&) const override { return {}; }
  StepOutput step(std::span<const TokenId>, DecoderState&) const override { return {}; }
  Index target_vocabulary() const override { return 0; }
};

Corpus draw_corpus(std::size_t pairs) {
  Random random(1, "corpus");
  const auto draw = [&] {
    Sentence sentence(random.below(12));
    for (TokenId& token : sentence) token = static_cast<TokenId>(kFirstFree + random.below(9));
    return sentence;
  };
  Corpus corpus;
  for (std::size_t i = 0; i < pairs; ++i) {
    corpus.source.push_back(draw());
    corpus.target.push_back(draw());
    corpus.line.push_back(i);
  }
  return corpus;
}

double expected_nll(const Corpus& corpus, std::size_t i) {
  const TokenId first = corpus.source[i].empty() ? kEos : corpus.source[i][0];
  double nll = kEos + first;
  for (const TokenId token : corpus.target[i]) nll += token + first;
  return nll;
}

}  // namespace

TEST_CASE("a corpus is scored in its own order, whatever the batches and threads") {
  const CountingModel model;
  const Corpus corpus = draw_corpus(53);
  Index tokens = 0;
  double nll = 0;
  for (std::size_t i = 0; i < corpus.size(); ++i) {
    tokens += static_cast<Index>(corpus.target[i].size()) + 1;
    nll += expected_nll(corpus, i);
  }
  for (const Index sentences : {1, 4, 100}) {
    for (const Index threads : {1, 3}) {
      BatchOptions options;
      options.sentences = sentences;
      const LossSum sum = score_corpus(model, corpus, options, threads);
      CHECK(sum.tokens == tokens);
      CHECK(sum.negative_log_likelihood == doctest::Approx(nll));
      REQUIRE(sum.sentence_nll.size() == corpus.size());
      REQUIRE(sum.sentence_correct.size() == corpus.size());
      for (std::size_t i = 0; i < corpus.size(); ++i) {
        CHECK(sum.sentence_nll[i] == expected_nll(corpus, i));
        const bool right = std::all_of(corpus.target[i].begin(), corpus.target[i].end(),
                                       [](TokenId token) { return token % 2 == 0; });
        CHECK(static_cast<bool>(sum.sentence_correct[i]) == right);
      }
    }
  }
}

TEST_CASE("sums by length add up to those of the corpus") {
  const CountingModel model;
  const Corpus corpus = draw_corpus(53);
  const std::vector<LengthBucket> buckets = make_length_buckets({3, 4, 8, 40});
  const LossSum all = score_corpus(model, corpus, {}, 1);
  const std::vector<LossSum> sums = score_by_length(model, corpus, buckets, {}, 2);
  REQUIRE(sums.size() == buckets.size());
  LossSum together;
  for (std::size_t b = 0; b < buckets.size(); ++b) {
    std::vector<double> expected;
    for (std::size_t i = 0; i < corpus.size(); ++i) {
      if (buckets[b].contains(static_cast<Index>(corpus.source[i].size()))) {
        expected.push_back(expected_nll(corpus, i));
      }
    }
    CHECK(sums[b].sentence_nll == expected);
    together += sums[b];
  }
  CHECK(together.tokens == all.tokens);
  CHECK(together.correct == all.correct);
  CHECK(together.negative_log_likelihood == doctest::Approx(all.negative_log_likelihood));
  CHECK(sums.back().tokens == 0);
}

TEST_CASE("an empty corpus has no tokens") {
  const LossSum sum = score_corpus(CountingModel(), Corpus{}, {}, 2);
  CHECK(sum.tokens == 0);
  CHECK(sum.sentence_nll.empty());
}
