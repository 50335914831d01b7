#include "seqlab/models/encoder_decoder.hpp"

#include "seqlab/autograd/cross_entropy.hpp"
#include "seqlab/tensor/gemm.hpp"
#include "seqlab/tensor/rows.hpp"

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
  using Tie = ModelOptions::Tie;
  const Index width = options.embedding_width();
  const Parameter target = add_embedding(parameters_, "decoder.embedding", sizes.target, width);
  const Parameter source = options.tie == Tie::all
                               ? target
                               : add_embedding(parameters_, "encoder.embedding", sizes.source, width);
  encoder_ = make_encoder(options, source, parameters_);
  decoder_ = make_decoder(options, encoder_->widths(), target, parameters_);
  if (decoder_->width() != width) {
    projection_ = Linear(parameters_, "output.projection", decoder_->width(), width);
  }
  output_weight_ = options.tie == Tie::none
                       ? add_embedding(parameters_, "output.weight", sizes.target, width)
                       : target;
  output_bias_ = parameters_.add("output.bias", 1, sizes.target, {Initializer::Kind::constant, 0.0});
}

const TokenBatch& EncoderDecoder::encoder_input(Tape& tape, const TokenBatch& source) const {
  return reverse_source_ ? tape.keep(reversed(source)) : source;
}

Variable EncoderDecoder::project(Tape& tape, Variable features) const {
  return projection_.weight.exists() ? projection_(tape, features) : features;
}

LossSum EncoderDecoder::loss(Tape& tape, const Batch& batch, const LossOptions& options) const {
  const Encoded encoded = encoder_->encode(tape, encoder_input(tape, batch.source));
  tape.show("encoder.summary", encoded.summary);
  const Variable features = project(tape, decoder_->forward(tape, encoded, batch.target_input));
  const CrossEntropyOutput out = linear_softmax_cross_entropy(
      tape, features, output_weight_, output_bias_, batch.target_output.tokens,
      {options.label_smoothing, options.gradient_scale});

  LossSum sum;
  const auto sentences = static_cast<std::size_t>(batch.target_output.batch);
  sum.smoothed = out.smoothed;
  sum.sentence_nll.assign(sentences, 0.0);
  sum.sentence_correct.assign(sentences, 1);
  for (std::size_t i = 0; i < out.row_nll.size(); ++i) {
    if (batch.target_output.tokens[i] == kPad) continue;
    sum.negative_log_likelihood += out.row_nll[i];
    sum.sentence_nll[i % sentences] += out.row_nll[i];
    sum.correct += out.row_correct[i];
    if (out.row_correct[i] == 0) sum.sentence_correct[i % sentences] = 0;
    ++sum.tokens;
  }
  return sum;
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
  Decoder::StepFeatures step = decoder_->step(tape, tokens, state);
  ++state.position;
  const Variable features = project(tape, step.features);
  StepOutput out{make_matrix(tape.rows(features), output_weight_.rows), std::move(step.attention)};
  fill_rows(ref(out.logits), tape.value(output_bias_).data);
  multiply_nt(ref(tape.value(features)), tape.value(output_weight_), Real(1), ref(out.logits));
  if (reverse_source_ && out.attention.size() != 0) unreverse(out.attention, state);
  return out;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
