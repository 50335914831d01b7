#pragma once

// An encoder, a decoder and an output layer: every sequence-to-sequence model of seqlab.

#include "seqlab/models/decoder.hpp"
#include "seqlab/models/encoder.hpp"
#include "seqlab/models/output_layer.hpp"
#include "seqlab/models/registry.hpp"
#include "seqlab/models/sequence_model.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

class EncoderDecoder : public SequenceModel {
 public:
  EncoderDecoder(const ModelOptions& options, VocabularySizes sizes, std::uint64_t seed);

  LossSum loss(Tape& tape, const Batch& batch, const LossOptions& options) const override;
  DecoderState start(const TokenBatch& source) const override;
  StepOutput step(std::span<const TokenId> tokens, DecoderState& state) const override;
  Index target_vocabulary() const override { return output_.vocabulary(); }
  Index max_steps(Index /*source_length*/) const override { return decoder_->max_steps(); }
  bool reads_source_backwards() const override { return reverse_source_; }

 private:
  /// The source as the encoder reads it: as it is, or reversed.
  const TokenBatch& encoder_input(Tape& tape, const TokenBatch& source) const;

  bool reverse_source_;
  std::unique_ptr<Encoder> encoder_;
  std::unique_ptr<Decoder> decoder_;
  OutputLayer output_;
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
