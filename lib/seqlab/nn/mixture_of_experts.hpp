#pragma once

// Feed-forward layers in a Transformer: one for all positions, or a mixture of experts
// (DeepSeekMoE, Dai 2024, arXiv 2401.06066) with shared experts, which every position uses, and
// routed ones:
//
//   y = sum of shared FFN_i(x) + sum over the k chosen of s_i FFN_i(x),  s = softmax(W_r x)

#include <functional>
#include <string>
#include <vector>

#include "seqlab/nn/transformer.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

class MixtureOfExperts {
 public:
  MixtureOfExperts(ParameterStore& store, const std::string& name, const ModelOptions& options);
  Variable operator()(Tape& tape, Variable x) const;

 private:
  Index active_;
  double balance_;
  Linear router_;
  std::vector<FeedForward> shared_, routed_;
};

/// A layer that works on each position alone.
using PositionWise = std::function<Variable(Tape&, Variable)>;

PositionWise make_feed_forward(ParameterStore& store, const std::string& name,
                               const ModelOptions& options);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
