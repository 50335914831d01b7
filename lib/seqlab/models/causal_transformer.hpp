#pragma once

// Decoder-only Transformer layers (Liu 2018, Radford 2018): causal self-attention and no
// cross-attention. What has been read before the first step is kept once for all hypotheses; a
// hypothesis has a cache of its own steps.

#include "seqlab/models/causal_layers.hpp"
#include "seqlab/models/transformer_stack.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

class CausalTransformer : public CausalLayers {
 public:
  CausalTransformer(const ModelOptions& options, ParameterStore& store);
  Variable forward(Tape& tape, Variable x, std::span<const Index> lengths) const override;
  DecoderState read(Tape& tape, Variable x, std::span<const Index> lengths) const override;
  DecoderState begin(Tape& tape, Index batch) const override;
  StepFeatures step(Tape& tape, Variable x, DecoderState& state) const override;
  Index max_positions() const override { return stack_.max_positions(); }
  Index width() const override { return width_; }

 private:
  Index width_;
  TransformerStack stack_;
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
