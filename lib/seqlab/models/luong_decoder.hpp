#pragma once

// Attention after the step (Luong 2015, global attention with dot or general score):
//
//   s_t = cell([embedding(y_{t-1}); h~_{t-1}], s_{t-1})     (h~ only with input feeding)
//   c_t = attention with s_t over the memory
//   features: h~_t = tanh(W [c_t; s_t])

#include "seqlab/models/decoder.hpp"
#include "seqlab/models/recurrent_decoder.hpp"
#include "seqlab/nn/layers.hpp"
#include "seqlab/nn/shown_attention.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

class LuongDecoder : public Decoder {
 public:
  LuongDecoder(const ModelOptions& options, EncodedWidths encoded, Parameter embedding,
               ParameterStore& store);
  Variable forward(Tape& tape, const Encoded& encoded,
                   const TokenBatch& target_input) const override;
  DecoderState start(Tape& tape, const Encoded& encoded) const override;
  StepFeatures step(Tape& tape, std::span<const TokenId> tokens,
                    DecoderState& state) const override;
  Index width() const override { return hidden_; }

 private:
  struct Memory {
    Variable keys;
    Variable values;
  };
  Memory memory_of(Tape& tape, const Encoded& encoded) const;
  /// The recurrent layers over the steps of x; `states` become the outputs of every step.
  Variable run_layers(Tape& tape, Variable x, RecurrentStates& states,
                      std::span<const Index> lengths) const;
  /// h~ from the context and the state.
  Variable combine(Tape& tape, Variable context, Variable h) const;
  Variable forward_fed(Tape& tape, Variable x, const Memory& memory, const Encoded& encoded,
                       RecurrentStates states) const;

  Parameter embedding_;
  Cell cell_;
  bool input_feeding_;
  bool general_score_;
  double dropout_;
  Index hidden_;
  Bridge bridge_;
  std::vector<RecurrentParameters> layers_;
  Linear key_;
  Linear combine_;
  ShownAttention shown_{"decoder.attention"};
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
