#pragma once

// The output layer of every model: features to a distribution over the target vocabulary.
//
//   softmax(W (P h) + b), with P where h is not as wide as the embedding, and W the target
//   embedding itself unless untied (Press and Wolf 2017)

#include "seqlab/models/options.hpp"
#include "seqlab/models/sequence_model.hpp"
#include "seqlab/nn/layers.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

class OutputLayer {
 public:
  OutputLayer() = default;
  /// `embedding` is the target table [V, E]; parameters are named "output.*".
  OutputLayer(const ModelOptions& options, Index feature_width, Parameter embedding,
              ParameterStore& store);
  /// features [T*B, feature width] of every target position.
  LossSum loss(Tape& tape, Variable features, const TokenBatch& target,
               const LossOptions& options) const;
  /// Unnormalised log-probabilities [rows, V]; for evaluation.
  Matrix logits(Tape& tape, Variable features) const;
  Index vocabulary() const { return weight_.rows; }

 private:
  Variable project(Tape& tape, Variable features) const;

  Linear projection_;
  Parameter weight_;  ///< [V, E]
  Parameter bias_;    ///< [1, V]
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
