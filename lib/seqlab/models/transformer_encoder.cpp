#include "seqlab/models/transformer_encoder.hpp"

#include "seqlab/autograd/layout.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

TransformerEncoder::TransformerEncoder(const ModelOptions& options, Parameter embedding,
                                       ParameterStore& store)
    : embedding_(embedding),
      codes_(store, "encoder", options.width, options.transformer),
      width_(options.width),
      dropout_(options.dropout) {
  for (Index l = 0; l < options.encoder_layers; ++l) {
    const std::string name = fmt::format("encoder.layer{}", l);
    Layer layer;
    layer.attention = make_self_attention(store, name + ".self_attention", options);
    layer.attention_residual = add_residual(store, name + ".self_attention", options);
    layer.feed_forward = FeedForward(store, name + ".feed_forward", width_, options.transformer);
    layer.feed_forward_residual = add_residual(store, name + ".feed_forward", options);
    layers_.push_back(std::move(layer));
  }
  final_norm_ = add_final_norm(store, "encoder.norm", options);
}

Encoded TransformerEncoder::encode(Tape& tape, const TokenBatch& source) const {
  const std::span<const Index> positions = time_major_positions(tape, source.steps, source.batch);
  const Variable embedded = scaled_embedding(tape, embedding_, source.tokens);
  Variable x = dropout(tape, codes_(tape, embedded, positions), dropout_);
  for (const Layer& layer : layers_) {
    x = layer.attention_residual(tape, x, [&](Variable y) {
      return layer.attention->forward(tape, y, positions, source.lengths, false);
    });
    x = layer.feed_forward_residual(tape, x,
                                    [&](Variable y) { return layer.feed_forward(tape, y); });
  }
  if (final_norm_.exists()) x = final_norm_(tape, x);
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
