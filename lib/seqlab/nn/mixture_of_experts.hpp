#pragma once

// Feed-forward layers in a Transformer: one for all positions, or a mixture of experts
// (DeepSeekMoE, Dai 2024, arXiv 2401.06066) with shared experts, which every position uses, and
// routed ones:
//
//   y = sum of shared FFN_i(x) + sum over the k chosen of s_i FFN_i(x),  s = softmax(W_r x)

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "seqlab/nn/transformer.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

class MixtureOfExperts {
 public:
  MixtureOfExperts(ParameterStore& store, const std::string& name, const ModelOptions& options);
  /// Rows of x [T*B, D] past the end of their sentence (`lengths` [B]; none: all rows count) get the
  /// shared experts alone.
  Variable operator()(Tape& tape, Variable x, std::span<const Index> lengths) const;

 private:
  Index active_;
  double balance_;
  Linear router_;
  std::vector<FeedForward> shared_, routed_;
};

/// A layer that works on each position alone: x [T*B, D], and the lengths [B] of sentences that have
/// padding (none: all rows count).
using PositionWise = std::function<Variable(Tape&, Variable x, std::span<const Index> lengths)>;

PositionWise make_feed_forward(ParameterStore& store, const std::string& name,
                               const ModelOptions& options);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
