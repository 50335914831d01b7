#include "seqlab/models/causal_recurrent.hpp"

#include "seqlab/autograd/layers.hpp"
#include "seqlab/autograd/layout.hpp"
#include "seqlab/models/recurrent_state_rows.hpp"
#include "seqlab/nn/recurrent.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

CausalRecurrent::CausalRecurrent(const ModelOptions& options, ParameterStore& store)
    : cell_(options.recurrent.cell), width_(options.width), dropout_(options.dropout) {
  Index input = options.embedding_width();
  for (Index l = 0; l < options.decoder_layers; ++l) {
    layers_.push_back(
        add_recurrent_layer(store, fmt::format("decoder.layer{}", l), cell_, input, width_));
    input = width_;
  }
}

RecurrentStates CausalRecurrent::zero_states(Tape& tape, Index batch) const {
  RecurrentStates states;
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    states.push_back(zero_state(tape, cell_, batch, width_));
  }
  return states;
}

Variable CausalRecurrent::run(Tape& tape, Variable x, RecurrentStates& states,
                              std::span<const Index> lengths) const {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const RecurrentOutput out = recurrent_sequence(tape, layers_[l], dropout(tape, x, dropout_), {},
                                                   states[l], lengths, Direction::forward);
    states[l] = {out.h, out.c};
    x = out.h;
  }
  return dropout(tape, x, dropout_);
}

Variable CausalRecurrent::forward(Tape& tape, Variable x, std::span<const Index> lengths) const {
  RecurrentStates states = zero_states(tape, static_cast<Index>(lengths.size()));
  return run(tape, x, states, lengths);
}

DecoderState CausalRecurrent::read(Tape& tape, Variable x, std::span<const Index> lengths) const {
  const auto batch = static_cast<Index>(lengths.size());
  RecurrentStates states = zero_states(tape, batch);
  run(tape, x, states, lengths);
  const Index last = tape.rows(x) - batch;
  for (RecurrentState& layer : states) {
    layer.h = rows(tape, layer.h, last, batch);
    if (layer.c.exists()) layer.c = rows(tape, layer.c, last, batch);
  }
  DecoderState state;
  put_states(tape, states, state);
  return state;
}

DecoderState CausalRecurrent::begin(Tape& tape, Index batch) const {
  DecoderState state;
  put_states(tape, zero_states(tape, batch), state);
  return state;
}

StepFeatures CausalRecurrent::step(Tape& tape, Variable x, DecoderState& state) const {
  RecurrentStates states;
  take_states(tape, cell_, layers_.size(), state, states);
  const Variable features = run(tape, x, states, {});
  state.rows.clear();
  put_states(tape, states, state);
  return {features, make_matrix(0, 0)};
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
