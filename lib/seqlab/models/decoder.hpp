#pragma once

// A decoder predicts target features from what the encoder hands over: for all steps at once in
// training (teacher forcing), and step by step in search.

#include <limits>
#include <memory>

#include "seqlab/decoding/step_model.hpp"
#include "seqlab/models/encoder.hpp"
#include "seqlab/models/step_features.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

class Decoder {
 public:
  virtual ~Decoder() = default;
  /// Features [T*B, width()] of every target position. `target_input` must outlive the tape's
  /// backward pass.
  virtual Variable forward(Tape& tape, const Encoded& encoded,
                           const TokenBatch& target_input) const = 0;
  /// The state before the first token, one row per sentence. `tape` is for evaluation.
  virtual DecoderState start(Tape& tape, const Encoded& encoded) const = 0;
  virtual StepFeatures step(Tape& tape, std::span<const TokenId> tokens,
                            DecoderState& state) const = 0;
  virtual Index max_steps() const { return std::numeric_limits<Index>::max(); }
  /// Width of the features.
  virtual Index width() const = 0;
};

/// `embedding` is the target table [V, E]; parameters are named "decoder.*". Throws UsageError
/// when the decoder cannot use what the encoder hands over.
std::unique_ptr<Decoder> make_decoder(const ModelOptions& options, EncodedWidths encoded,
                                      Parameter embedding, ParameterStore& store);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
