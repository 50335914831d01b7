#include "seqlab/models/transformer_encoder.hpp"

#include "seqlab/autograd/layout.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

TransformerEncoder::TransformerEncoder(const ModelOptions& options, Parameter embedding,
                                       ParameterStore& store)
    : embedding_(store, "encoder", embedding, options.transformer),
      width_(options.width),
      dropout_(options.dropout) {
  const TransformerOptions& t = options.transformer;
  for (Index l = 0; l < options.encoder_layers; ++l) {
    const std::string name = fmt::format("encoder.layer{}", l);
    Layer layer;
    layer.attention = AttentionLayer(store, name + ".self_attention", width_, t.heads);
    layer.attention_residual = add_residual(store, name + ".self_attention", options);
    layer.feed_forward = FeedForward(store, name + ".feed_forward", width_, t);
    layer.feed_forward_residual = add_residual(store, name + ".feed_forward", options);
    layers_.push_back(layer);
  }
  if (t.norm == TransformerOptions::Norm::pre)
    final_norm_ = LayerNorm(store, "encoder.norm", width_);
}

Encoded TransformerEncoder::encode(Tape& tape, const TokenBatch& source) const {
  Variable x = dropout(tape, embedding_(tape, source.tokens, source.batch, 0), dropout_);
  for (const Layer& layer : layers_) {
    x = layer.attention_residual(
        tape, x, [&](Variable y) { return layer.attention(tape, y, y, source.lengths, false); });
    x = layer.feed_forward_residual(tape, x,
                                    [&](Variable y) { return layer.feed_forward(tape, y); });
  }
  if (final_norm_.gain.exists()) x = final_norm_(tape, x);
  tape.show("encoder.states", x);
  Encoded encoded;
  encoded.memory = x;
  encoded.summary = encoded.start = mean_over_steps(tape, x, source.lengths);
  encoded.lengths = source.lengths;
  encoded.steps = source.steps;
  return encoded;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
