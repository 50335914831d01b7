#pragma once

// The smallest model that a trainer can work with, in plain loops: the next token's logits are a
// row of `bigram` for the token before plus `out` times the mean of the source's embeddings, with
// dropout on that mean.

#include <cmath>
#include <functional>
#include <vector>

#include "seqlab/models/sequence_model.hpp"
#include "seqlab/tensor/flops.hpp"

namespace seqlab {

class ToyModel : public SequenceModel {
 public:
  static constexpr Index kVocabulary = 12;
  static constexpr Index kWidth = 8;

  explicit ToyModel(std::uint64_t seed, double dropout = 0.3) : SequenceModel(seed) {
    dropout_ = static_cast<Real>(dropout);
    const Initializer uniform{Initializer::Kind::uniform, 0.3};
    embedding_ = parameters_.add("embedding", kVocabulary, kWidth, uniform);
    out_ = parameters_.add("out", kVocabulary, kWidth, uniform);
    bigram_ = parameters_.add("bigram", kVocabulary, kVocabulary, uniform);
  }

  /// Called at the start of each loss.
  std::function<void(const Tape&, const Batch&)> on_loss;
  /// Turns gradients (of `out`) and losses into NaN in batches with this sentence.
  std::size_t poisoned_sentence = static_cast<std::size_t>(-1);

  LossSum loss(Tape& tape, const Batch& batch, const LossOptions& options) const override {
    if (on_loss) on_loss(tape, batch);
    LossSum sum;
    for (Index b = 0; b < batch.source.batch; ++b) add_sentence(tape, batch, b, options, sum);
    return sum;
  }

  DecoderState start(const TokenBatch&) const override { throw std::logic_error("not used"); }
  StepOutput step(std::span<const TokenId>, DecoderState&) const override {
    throw std::logic_error("not used");
  }
  Index target_vocabulary() const override { return kVocabulary; }

 private:
  void add_sentence(Tape& tape, const Batch& batch, Index b, const LossOptions& options,
                    LossSum& sum) const {
    const bool training = tape.training();
    const auto sentence = static_cast<std::size_t>(b);
    const Index length = batch.source.lengths[sentence];
    std::vector<Real> keep(kWidth, Real(1));
    if (training && dropout_ > 0) {
      for (Real& k : keep) k = tape.random().uniform() < dropout_ ? Real(0) : 1 / (1 - dropout_);
    }
    std::vector<Real> mean(kWidth, Real(0));
    for (Index s = 0; s < length; ++s) {
      const Real* row = tape.value(embedding_).row(batch.source.at(s, b));
      for (Index d = 0; d < kWidth; ++d) at(mean, d) += row[d] * at(keep, d) / Real(length);
    }
    std::vector<Real> mean_gradient(kWidth, Real(0));
    double nll = 0.0;
    bool all_correct = true;
    for (Index t = 0; t < batch.target_output.lengths[sentence]; ++t) {
      const TokenId before = batch.target_input.at(t, b);
      const TokenId wanted = batch.target_output.at(t, b);
      std::vector<Real> p = probabilities(tape, before, mean);
      const double token_nll = -std::log(static_cast<double>(at(p, wanted)));
      const double epsilon = static_cast<double>(options.label_smoothing);
      double uniform_nll = 0.0;
      for (const Real q : p) uniform_nll -= std::log(static_cast<double>(q)) / kVocabulary;
      nll += token_nll;
      sum.smoothed += (1 - epsilon) * token_nll + epsilon * uniform_nll;
      sum.tokens += 1;
      counted_flops += 2.0 * kVocabulary * kWidth;
      const bool correct = std::max_element(p.begin(), p.end()) - p.begin() == wanted;
      sum.correct += correct ? 1 : 0;
      all_correct = all_correct && correct;
      if (!training) continue;
      for (Index v = 0; v < kVocabulary; ++v) {
        Real g = at(p, v) - options.label_smoothing / Real(kVocabulary);
        if (v == wanted) g -= 1 - options.label_smoothing;
        g *= options.gradient_scale;
        tape.gradient(bigram_).row(before)[v] += g;
        for (Index d = 0; d < kWidth; ++d) {
          tape.gradient(out_).row(v)[d] += g * at(mean, d);
          at(mean_gradient, d) += g * tape.value(out_).row(v)[d];
        }
      }
    }
    if (training) {
      for (Index s = 0; s < length; ++s) {
        Real* row = tape.gradient(embedding_).row(batch.source.at(s, b));
        for (Index d = 0; d < kWidth; ++d)
          row[d] += at(mean_gradient, d) * at(keep, d) / Real(length);
      }
      if (batch.sentences[sentence] == poisoned_sentence) {
        tape.gradient(out_).row(0)[0] = std::nanf("");
        sum.smoothed = std::nan("");
      }
    }
    sum.negative_log_likelihood += nll;
    sum.sentence_nll.push_back(nll);
    sum.sentence_correct.push_back(all_correct ? 1 : 0);
  }

  std::vector<Real> probabilities(const Tape& tape, TokenId before,
                                  const std::vector<Real>& mean) const {
    std::vector<Real> p(kVocabulary);
    Real total = 0;
    for (Index v = 0; v < kVocabulary; ++v) {
      Real logit = tape.value(bigram_).row(before)[v];
      for (Index d = 0; d < kWidth; ++d) logit += tape.value(out_).row(v)[d] * at(mean, d);
      at(p, v) = std::exp(logit);
      total += at(p, v);
    }
    for (Real& q : p) q /= total;
    return p;
  }

  static Real& at(std::vector<Real>& x, Index i) { return x[static_cast<std::size_t>(i)]; }
  static Real at(const std::vector<Real>& x, Index i) { return x[static_cast<std::size_t>(i)]; }

  Real dropout_;
  Parameter embedding_, out_, bigram_;
};

/// Pairs of 1 to 7 tokens; the target is the source in ascending order. Line numbers are twice the
/// positions, as if every other line had been dropped.
inline Corpus toy_corpus(std::size_t pairs, std::uint64_t seed) {
  Random random(seed, "toy corpus");
  Corpus corpus;
  for (std::size_t i = 0; i < pairs; ++i) {
    Sentence sentence(1 + static_cast<std::size_t>(random.below(7)));
    for (TokenId& token : sentence) {
      token = kFirstFree + static_cast<TokenId>(random.below(
                               static_cast<std::uint64_t>(ToyModel::kVocabulary - kFirstFree)));
    }
    corpus.source.push_back(sentence);
    std::sort(sentence.begin(), sentence.end());
    corpus.target.push_back(sentence);
    corpus.line.push_back(2 * i);
  }
  return corpus;
}

}  // namespace seqlab
