#pragma once

// Transformer decoder (Vaswani 2017): causal self-attention, cross-attention over the memory,
// feed-forward. Search keeps the keys and values of the positions that it has read.
//
// With a pooled memory (the fixed context of the Transformer) there is one vector and nothing to
// choose, so that queries and keys would do nothing: in place of cross-attention each layer adds a
// projection of that vector to every position.

#include "seqlab/models/decoder.hpp"
#include "seqlab/nn/mixture_of_experts.hpp"
#include "seqlab/nn/positions.hpp"
#include "seqlab/nn/self_attention.hpp"
#include "seqlab/nn/transformer.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

class TransformerDecoder : public Decoder {
 public:
  TransformerDecoder(const ModelOptions& options, EncodedWidths encoded, Parameter embedding,
                     ParameterStore& store);
  Variable forward(Tape& tape, const Encoded& encoded,
                   const TokenBatch& target_input) const override;
  DecoderState start(Tape& tape, const Encoded& encoded) const override;
  StepFeatures step(Tape& tape, std::span<const TokenId> tokens,
                    DecoderState& state) const override;
  Index max_steps() const override { return codes_.count(); }
  Index width() const override { return width_; }

 private:
  struct Layer {
    std::unique_ptr<SelfAttention> self_attention;
    AttentionLayer cross_attention;  ///< memory = all
    Linear context;                  ///< memory = pooled
    PositionWise feed_forward;
    Residual self_residual, cross_residual, feed_forward_residual;
  };
  /// All layers; self(layer index, normed x) does the self-attention, and look(layer index, x) adds
  /// to x what the layer sees of the source. Without lengths no row of x is padding.
  template <typename Self, typename Look>
  Variable run(Tape& tape, Variable x, std::span<const Index> lengths, Self&& self,
               Look&& look) const;
  /// x + dropout(context)
  Variable add_context(Tape& tape, Variable context, Variable x) const;

  Parameter embedding_;
  PositionCodes codes_;
  Index width_;
  bool pooled_;
  double dropout_;
  std::vector<Layer> layers_;
  Norm final_norm_;  ///< pre-norm only
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
