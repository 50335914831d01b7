#pragma once

// The parts of a Transformer (Vaswani 2017): projected attention, feed-forward, residual
// connections with layer norm before (Xiong 2020) or after the sub-layer, positions.

#include <string>

#include "seqlab/autograd/attention.hpp"
#include "seqlab/models/options.hpp"
#include "seqlab/nn/layers.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Attention with learned query, key, value and output projections.
struct AttentionLayer {
  std::string name;  ///< shows its weights by it
  Linear query, key, value, output;
  Index heads = 1;

  AttentionLayer() = default;
  AttentionLayer(ParameterStore& store, const std::string& layer_name, Index width,
                 Index head_count);
  /// 1 / sqrt(head width)
  Real scale() const;
  /// Queries from x [T*B, D], keys and values from memory [S*B, D].
  Variable operator()(Tape& tape, Variable x, Variable memory, std::span<const Index> lengths,
                      bool causal) const;
};

/// W2 activation(W1 x + b1) + b2
struct FeedForward {
  Linear inner, outer;
  Activation activation = Activation::relu;

  FeedForward() = default;
  FeedForward(ParameterStore& store, const std::string& name, Index width,
              const TransformerOptions& options);
  Variable operator()(Tape& tape, Variable x) const;
};

/// x + dropout(f(norm(x))), or with post-norm: norm(x + dropout(f(x))).
struct Residual {
  LayerNorm norm;
  TransformerOptions::Norm position = TransformerOptions::Norm::pre;
  double dropout_rate = 0.0;

  template <typename Function>
  Variable operator()(Tape& tape, Variable x, Function&& f) const {
    if (position == TransformerOptions::Norm::pre) {
      return add(tape, x, dropout(tape, f(norm(tape, x)), dropout_rate));
    }
    return norm(tape, add(tape, x, dropout(tape, f(x), dropout_rate)));
  }
};

/// A residual connection whose layer norm is `name`.norm.
Residual add_residual(ParameterStore& store, const std::string& name, const ModelOptions& options);

/// Token embeddings times sqrt(D) plus positions.
class PositionedEmbedding {
 public:
  /// Learned positions are the parameter `name`.positions [max_length, D].
  PositionedEmbedding(ParameterStore& store, const std::string& name, Parameter table,
                      const TransformerOptions& options);
  /// tokens [T*B] time-major, of which the first step stands at position `first`. Throws
  /// RuntimeFailure past the last learned position.
  Variable operator()(Tape& tape, std::span<const TokenId> tokens, Index batch, Index first) const;

 private:
  Parameter table_;
  Parameter learned_;
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
