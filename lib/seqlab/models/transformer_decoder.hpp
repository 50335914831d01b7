#pragma once

// Transformer decoder (Vaswani 2017): causal self-attention, cross-attention over the memory (or
// over one pooled vector: the fixed context of the Transformer), feed-forward. Search keeps the
// keys and values of the positions that it has read.

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
    AttentionLayer cross_attention;
    PositionWise feed_forward;
    Residual self_residual, cross_residual, feed_forward_residual;
  };
  struct Memory {
    Variable values;  ///< [S*B, D]
    std::span<const Index> lengths;
  };
  /// What cross-attention sees; the span of a pooled memory lives on the tape.
  Memory memory_of(Tape& tape, const Encoded& encoded) const;
  /// All layers; self(layer index, normed x) and cross(layer index, normed x) do the attention.
  template <typename Self, typename Cross>
  Variable run(Tape& tape, Variable x, Self&& self, Cross&& cross) const;

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
