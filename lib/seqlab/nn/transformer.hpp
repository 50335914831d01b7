#pragma once

// The parts of a Transformer (Vaswani 2017) besides self-attention: projected attention,
// feed-forward, residual connections with the norm before (Xiong 2020) or after the sub-layer.

#include <string>

#include "seqlab/autograd/attention.hpp"
#include "seqlab/models/options.hpp"
#include "seqlab/nn/layers.hpp"
#include "seqlab/nn/norm.hpp"
#include "seqlab/nn/shown_attention.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Attention with learned query, key, value and output projections.
struct AttentionLayer {
  ShownAttention shown;
  Linear query, key, value, output;
  Index heads = 1;
  Index kv_heads = 1;

  AttentionLayer() = default;
  /// `kv_head_count` heads of keys and values, 0: as many as heads; a head of 0: width / heads.
  AttentionLayer(ParameterStore& store, const std::string& name, Index width, Index head_count,
                 Index kv_head_count = 0, Index width_of_head = 0);
  Index head_width() const { return query.weight.rows / heads; }
  /// 1 / sqrt(head width)
  Real scale() const;
  /// Queries from x [T*B, D], keys and values from memory [S*B, D].
  Variable operator()(Tape& tape, Variable x, Variable memory, std::span<const Index> lengths,
                      bool causal) const;
};

/// W2 activation(W1 x + b1) + b2, or W2 (silu(Wg x + bg) * (W1 x + b1)) + b2 (SwiGLU, Shazeer
/// 2020).
struct FeedForward {
  Linear inner, outer;
  Linear gate;  ///< SwiGLU only
  Activation activation = Activation::relu;

  FeedForward() = default;
  FeedForward(ParameterStore& store, const std::string& name, Index width, Index units,
              TransformerOptions::Activation kind);
  Variable operator()(Tape& tape, Variable x) const;
};

/// x + dropout(f(norm(x))), or with post-norm: norm(x + dropout(f(x))). Shows x and the result.
struct Residual {
  Norm norm;
  TransformerOptions::Norm position = TransformerOptions::Norm::pre;
  double dropout_rate = 0.0;
  std::string before{}, after{};  ///< the names that x and the result are shown by

  template <typename Function>
  Variable operator()(Tape& tape, Variable x, Function&& f) const {
    tape.show(before, x);
    const bool pre = position == TransformerOptions::Norm::pre;
    const Variable input = pre ? norm(tape, x) : x;
    const Variable part = dropout_in_place(tape, f(input), dropout_rate);
    if (pre) {
      tape.make_again_for_backward(input, part, [this, &tape, x] { return norm.value(tape, x); });
    }
    const Variable sum = add_in_place(tape, part, x);
    const Variable result = pre ? sum : norm(tape, sum);
    tape.show(after, result);
    return result;
  }
};

/// A residual connection whose norm is `name`.norm; shows `name`.before and `name`.after.
Residual add_residual(ParameterStore& store, const std::string& name, const ModelOptions& options);

/// The norm after the last layer, which only norms before the sub-layers need.
Norm add_final_norm(ParameterStore& store, const std::string& name, const ModelOptions& options);

/// Token embeddings times sqrt(D).
Variable scaled_embedding(Tape& tape, Parameter table, std::span<const TokenId> tokens);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
