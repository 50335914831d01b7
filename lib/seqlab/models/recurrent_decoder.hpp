#pragma once

// Recurrent decoders: with a fixed context, and with attention before each step (Bahdanau 2014).
// Both are the same computation; they differ in where the context of a step comes from. With a
// memory of one position the attention's context is constant, and the two agree exactly.
//
//   s_0 from the bridge;   c_t = the summary, or attention with s_{t-1} over the memory
//   s_t = cell(embedding(y_{t-1}), c_t, s_{t-1})
//   features: s_t, or tanh(W [s_t; embedding(y_{t-1}); c_t] + b)

#include "seqlab/models/decoder.hpp"
#include "seqlab/nn/layers.hpp"
#include "seqlab/nn/shown_attention.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// How the encoder's result becomes the first state of a recurrent decoder.
class Bridge {
 public:
  Bridge(const ModelOptions& options, EncodedWidths encoded, ParameterStore& store);
  /// One state for each decoder layer.
  RecurrentStates operator()(Tape& tape, const Encoded& encoded) const;

 private:
  struct Maps {
    Linear h;
    Linear c;
  };
  Variable read(const Encoded& encoded) const;

  Cell cell_;
  bool copy_;
  bool summary_;  ///< reads all of it, since nothing else does
  std::vector<Maps> maps_;
};

class RecurrentDecoder : public Decoder {
 public:
  /// `attention`: Bahdanau's, else a fixed context.
  RecurrentDecoder(const ModelOptions& options, bool attention, EncodedWidths encoded,
                   Parameter embedding, ParameterStore& store);
  Variable forward(Tape& tape, const Encoded& encoded,
                   const TokenBatch& target_input) const override;
  DecoderState start(Tape& tape, const Encoded& encoded) const override;
  StepFeatures step(Tape& tape, std::span<const TokenId> tokens,
                    DecoderState& state) const override;
  Index width() const override { return width_; }

 private:
  /// What the decoder sees of the source: one of the two.
  struct Context {
    Variable fixed;  ///< [rows, U]
    AttentionMemory memory;
  };
  struct Run {
    Variable features;
    Variable weights;  ///< attention, or none
  };
  Context context_of(Tape& tape, const Encoded& encoded) const;
  /// All layers over the steps of x; `states` become the outputs of every step.
  Run run(Tape& tape, Variable x, const Context& context, RecurrentStates& states,
          std::span<const Index> lengths) const;
  Variable read_out(Tape& tape, Variable h, Variable x, Variable contexts) const;

  Parameter embedding_;
  Cell cell_;
  bool attention_;
  bool context_every_step_;
  bool deep_readout_;
  double dropout_;
  Index width_;
  Bridge bridge_;
  std::vector<RecurrentParameters> layers_;
  AdditiveAttentionParameters attention_parameters_;
  Linear key_;
  Linear readout_;
  ShownAttention shown_{"decoder.attention"};
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
