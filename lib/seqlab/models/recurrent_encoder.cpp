#include "seqlab/models/recurrent_encoder.hpp"

#include "seqlab/autograd/layers.hpp"
#include "seqlab/autograd/layout.hpp"
#include "seqlab/nn/recurrent.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

RecurrentEncoder::RecurrentEncoder(const ModelOptions& options, Cell cell, Parameter embedding,
                                   ParameterStore& store)
    : embedding_(embedding),
      cell_(cell),
      width_(options.width),
      bidirectional_(options.recurrent.bidirectional),
      dropout_(options.dropout) {
  Index input = options.embedding_width();
  for (Index l = 0; l < options.encoder_layers; ++l) {
    const std::string name = fmt::format("encoder.layer{}", l);
    Layer layer;
    layer.forward = add_recurrent_layer(store, name, cell, input, width_);
    if (bidirectional_) {
      layer.backward = add_recurrent_layer(store, name + ".backward", cell, input, width_);
    }
    layers_.push_back(layer);
    input = bidirectional_ ? 2 * width_ : width_;
  }
}

EncodedWidths RecurrentEncoder::widths() const {
  const Index both = bidirectional_ ? 2 * width_ : width_;
  return {both, both, width_};
}

Encoded RecurrentEncoder::encode(Tape& tape, const TokenBatch& source) const {
  const Index batch = source.batch, steps = source.steps;
  Encoded encoded;
  encoded.lengths = source.lengths;
  encoded.steps = steps;

  const auto state_at = [&](Variable output, Index step) {
    return rows(tape, output, step * batch, batch);
  };
  Variable x = embedding(tape, embedding_, source.tokens);
  for (const Layer& layer : layers_) {
    x = dropout(tape, x, dropout_);
    const RecurrentOutput forward =
        recurrent_sequence(tape, layer.forward, x, {}, zero_state(tape, cell_, batch, width_),
                           source.lengths, Direction::forward);
    const Variable final_forward = state_at(forward.h, steps - 1);
    const bool last = &layer == &layers_.back();
    if (last) tape.show("encoder.states", forward.h);
    if (!bidirectional_) {
      RecurrentState final_state{final_forward, {}};
      if (has_cell_state(cell_)) final_state.c = state_at(forward.c, steps - 1);
      encoded.final_states.push_back(final_state);
      x = forward.h;
      encoded.summary = encoded.start = final_forward;
      continue;
    }
    const RecurrentOutput backward =
        recurrent_sequence(tape, layer.backward, x, {}, zero_state(tape, cell_, batch, width_),
                           source.lengths, Direction::backward);
    if (last) tape.show("encoder.states", backward.h);
    x = concatenate_columns(tape, std::array{forward.h, backward.h});
    encoded.start = state_at(backward.h, 0);
    encoded.summary = concatenate_columns(tape, std::array{final_forward, encoded.start});
  }
  encoded.memory = x;
  return encoded;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
