#pragma once

// A model without an encoder: it predicts the next token from those before it. Of plain text it
// predicts every token; a translation is the sequence
//
//   x1 ... xn </s> <s> y1 ... ym </s>
//
// in which <s> separates source and target, and only what follows it is predicted (a loss on the
// target alone). So it trains by the same loop and decodes by the same search as every other model.

#include "seqlab/models/causal_layers.hpp"
#include "seqlab/models/output_layer.hpp"
#include "seqlab/models/registry.hpp"
#include "seqlab/models/sequence_model.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

class LanguageModel : public SequenceModel {
 public:
  /// Without a source vocabulary (sizes.source = 0) it is a model of plain text, and the sources of
  /// batches are not read.
  LanguageModel(const ModelOptions& options, VocabularySizes sizes, std::uint64_t seed);

  LossSum loss(Tape& tape, const Batch& batch, const LossOptions& options) const override;
  DecoderState start(const TokenBatch& source) const override;
  StepOutput step(std::span<const TokenId> tokens, DecoderState& state) const override;
  Index target_vocabulary() const override { return output_.vocabulary(); }
  Index max_steps(Index source_length) const override {
    return layers_->max_positions() - (reads_source() ? source_length : 0);
  }
  /// Logits [1, V] of the token after kBos and a text, read whole: for models of plain text.
  Matrix next_logits(const Sentence& text) const;

 private:
  bool reads_source() const { return source_.exists(); }
  Variable embed(Tape& tape, Parameter table, std::span<const TokenId> tokens) const;
  /// Features of the target positions of a batch.
  Variable features(Tape& tape, const Batch& batch) const;

  Real embedding_factor_;
  Parameter target_;
  Parameter source_;  ///< may be the target's
  std::unique_ptr<CausalLayers> layers_;
  OutputLayer output_;
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
