#pragma once

// The losses of models over whole sequences and step by step, and examples for both.

#include <doctest/doctest.h>

#include "models/model_fixture.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {

/// log p of each next token, from logits.
inline Matrix log_probabilities(const Matrix& logits) {
  Matrix out = logits;
  for (Index r = 0; r < rows(out); ++r) {
    Real* row = ref(out).row(r);
    const Real largest = max_value(row, cols(out));
    const Real log_total = largest + std::log(sum_exp(row, cols(out), largest));
    for (Index c = 0; c < cols(out); ++c) row[c] -= log_total;
  }
  return out;
}

/// Negative log-likelihood of each sentence, step by step through the search interface.
inline std::vector<double> step_by_step(const SequenceModel& model, const Batch& batch,
                                        std::vector<Matrix>* attention = nullptr) {
  DecoderState state = model.start(batch.source);
  std::vector<double> nll(static_cast<std::size_t>(batch.source.batch), 0.0);
  for (Index t = 0; t < batch.target_input.steps; ++t) {
    std::vector<TokenId> tokens;
    for (Index b = 0; b < batch.source.batch; ++b) tokens.push_back(batch.target_input.at(t, b));
    StepOutput out = model.step(tokens, state);
    const Matrix logp = log_probabilities(out.logits);
    for (Index b = 0; b < batch.source.batch; ++b) {
      const TokenId target = batch.target_output.at(t, b);
      if (target != kPad) {
        nll[static_cast<std::size_t>(b)] -= static_cast<double>(ref(logp).row(b)[target]);
      }
    }
    if (attention != nullptr) attention->push_back(std::move(out.attention));
  }
  return nll;
}

inline std::vector<double> whole_sequence(const SequenceModel& model, const Batch& batch) {
  Tape tape(model.parameters().values());
  return model.loss(tape, batch, {}).sentence_nll;
}

struct Example {
  std::vector<Sentence> sources, targets;
};

inline Example ragged_example() {
  Random random(11, "example");
  Example example;
  for (const Index length : {5, 1, 9, 3, 7}) {
    example.sources.push_back(random_sentence(random, length));
    example.targets.push_back(random_sentence(random, 10 - length));
  }
  return example;
}

inline void check_close(const std::vector<double>& a, const std::vector<double>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i] == doctest::Approx(b[i]).epsilon(1e-5));
}

}  // namespace seqlab
