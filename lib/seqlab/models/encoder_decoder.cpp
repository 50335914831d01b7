#include "seqlab/models/encoder_decoder.hpp"


namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// Every sentence backwards; its end mark stays last.
TokenBatch reversed(const TokenBatch& source) {
  TokenBatch out = source;
  for (Index b = 0; b < source.batch; ++b) {
    const Index words = source.lengths[static_cast<std::size_t>(b)] - 1;
    for (Index t = 0; t < words; ++t) {
      out.tokens[static_cast<std::size_t>(t * source.batch + b)] = source.at(words - 1 - t, b);
    }
  }
  return out;
}

/// Attention over a reversed source, put back in the order of the words.
void unreverse(Matrix& attention, const DecoderState& state) {
  for (Index r = 0; r < rows(attention); ++r) {
    const auto b = static_cast<std::size_t>(state.source_rows[static_cast<std::size_t>(r)]);
    Real* row = ref(attention).row(r);
    std::reverse(row, row + state.source->lengths[b] - 1);
  }
}

}  // namespace

EncoderDecoder::EncoderDecoder(const ModelOptions& options, VocabularySizes sizes,
                               std::uint64_t seed)
    : SequenceModel(seed), reverse_source_(options.reverse_source) {
  const Index width = options.embedding_width();
  const Parameter target = add_embedding(parameters_, "decoder.embedding", sizes.target, width);
  const Parameter source = options.tie == ModelOptions::Tie::all
                               ? target
                               : add_embedding(parameters_, "encoder.embedding", sizes.source, width);
  encoder_ = make_encoder(options, source, parameters_);
  decoder_ = make_decoder(options, encoder_->widths(), target, parameters_);
  output_ = OutputLayer(options, decoder_->width(), target, parameters_);
}

const TokenBatch& EncoderDecoder::encoder_input(Tape& tape, const TokenBatch& source) const {
  return reverse_source_ ? tape.keep(reversed(source)) : source;
}

LossSum EncoderDecoder::loss(Tape& tape, const Batch& batch, const LossOptions& options) const {
  const Encoded encoded = encoder_->encode(tape, encoder_input(tape, batch.source));
  tape.show("encoder.summary", encoded.summary);
  const Variable features = decoder_->forward(tape, encoded, batch.target_input);
  return output_.loss(tape, features, batch.target_output, options);
}

DecoderState EncoderDecoder::start(const TokenBatch& source) const {
  Tape tape(parameters_.values());
  const Encoded encoded = encoder_->encode(tape, encoder_input(tape, source));
  DecoderState state = decoder_->start(tape, encoded);
  for (Index b = 0; b < source.batch; ++b) state.source_rows.push_back(b);
  return state;
}

StepOutput EncoderDecoder::step(std::span<const TokenId> tokens, DecoderState& state) const {
  Tape tape(parameters_.values());
  StepFeatures step = decoder_->step(tape, tokens, state);
  ++state.position;
  StepOutput out{output_.logits(tape, step.features), std::move(step.attention)};
  if (reverse_source_ && out.attention.size() != 0) unreverse(out.attention, state);
  return out;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
