#pragma once

// What training and decoding see of a model.

#include <memory>
#include <string>
#include <vector>

#include "seqlab/data/batch.hpp"
#include "seqlab/decoding/step_model.hpp"
#include "seqlab/nn/parameters.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Sums over a batch, so that averages over unequal batches are exact.
struct LossSum {
  double negative_log_likelihood = 0.0;  ///< nats, without label smoothing
  double smoothed = 0.0;                 ///< the sum that training minimises
  Index tokens = 0;                      ///< predicted tokens, end marks included
  Index correct = 0;                     ///< tokens whose most probable prediction is right
  /// Of an evaluation: [B] negative log-likelihood of each sentence, and whether every token of it
  /// is right.
  std::vector<double> sentence_nll;
  std::vector<char> sentence_correct;

  LossSum& operator+=(const LossSum& other);  ///< appends the per-sentence values
  double perplexity() const;                  ///< exp(negative_log_likelihood / tokens)
};

struct LossOptions {
  Real label_smoothing = 0;  ///< epsilon of Szegedy 2016, spread over the whole vocabulary
  /// Gradients are those of `smoothed * gradient_scale`; use 1 / (target tokens of the update).
  Real gradient_scale = 1;
};

class SequenceModel : public StepModel {
 public:
  explicit SequenceModel(std::uint64_t seed) : parameters_(seed) {}

  /// Teacher-forced loss of a batch. On a training tape the operations are recorded, with the
  /// gradient of the loss already set: call `tape.backward()` next. On an evaluation tape
  /// nothing is recorded and dropout is off.
  virtual LossSum loss(Tape& tape, const Batch& batch, const LossOptions& options) const = 0;

  /// Whether what the model shows of the source's positions is in reversed order, but for the
  /// end mark, which is last.
  virtual bool reads_source_backwards() const { return false; }

  std::span<const Real> weights() const override { return parameters_.values(); }

  ParameterStore& parameters() { return parameters_; }
  const ParameterStore& parameters() const { return parameters_; }

 protected:
  ParameterStore parameters_;
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
