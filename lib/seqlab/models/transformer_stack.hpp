#pragma once

// Layers of self-attention and feed-forward, with positions before and a norm after: the
// Transformer encoder, and the decoder-only Transformer.

#include <memory>

#include "seqlab/models/options.hpp"
#include "seqlab/nn/mixture_of_experts.hpp"
#include "seqlab/nn/positions.hpp"
#include "seqlab/nn/self_attention.hpp"
#include "seqlab/nn/transformer.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

class TransformerStack {
 public:
  /// Parameters are named `name`.layerL.*, `name`.norm and `name`.positions.
  TransformerStack(const ModelOptions& options, Index layer_count, const std::string& name,
                   ParameterStore& store);
  /// Annotations [T*B, D] of x [T*B, D], token embeddings, time-major; `positions` are
  /// time_major_positions.
  Variable forward(Tape& tape, Variable x, std::span<const Index> positions,
                   std::span<const Index> lengths, bool causal) const;
  /// The same with attend(layer index, normed x) in place of self-attention. Row r of x stands at
  /// positions[r]; without lengths no row is padding.
  template <typename Attend>
  Variable run(Tape& tape, Variable x, std::span<const Index> positions,
               std::span<const Index> lengths, Attend&& attend) const {
    x = dropout_in_place(tape, codes_(tape, x, positions), dropout_);
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      const Layer& layer = layers_[l];
      x = layer.attention_residual(tape, x, [&](Variable y) { return attend(l, y); });
      x = layer.feed_forward_residual(
          tape, x, [&](Variable y) { return layer.feed_forward(tape, y, lengths); });
    }
    return final_norm_.exists() ? final_norm_(tape, x) : x;
  }
  Index max_positions() const { return codes_.count(); }
  std::size_t layer_count() const { return layers_.size(); }
  const SelfAttention& attention(std::size_t layer) const { return *layers_[layer].attention; }

 private:
  struct Layer {
    std::unique_ptr<SelfAttention> attention;
    PositionWise feed_forward;
    Residual attention_residual, feed_forward_residual;
  };

  PositionCodes codes_;
  double dropout_;
  std::vector<Layer> layers_;
  Norm final_norm_;  ///< pre-norm only
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
