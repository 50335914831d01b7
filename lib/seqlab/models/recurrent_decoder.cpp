#include "seqlab/models/recurrent_decoder.hpp"

#include "seqlab/autograd/layout.hpp"
#include "seqlab/models/recurrent_state_rows.hpp"
#include "seqlab/nn/recurrent.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

struct RecurrentSource : SourceMemory {
  Matrix context;  ///< [B, U] fixed context, or
  Matrix keys;     ///< [B*S, A] and
  Matrix values;   ///< [B*S, C]
};

}  // namespace

Bridge::Bridge(const ModelOptions& options, EncodedWidths encoded, ParameterStore& store)
    : cell_(options.recurrent.cell),
      copy_(options.recurrent.bridge == RecurrentOptions::Bridge::copy),
      summary_(options.decoder == DecoderKind::fixed_context &&
               options.recurrent.context == RecurrentOptions::Context::initial) {
  if (copy_) return;
  const Index width = summary_ ? encoded.summary : encoded.start;
  for (Index l = 0; l < options.decoder_layers; ++l) {
    const std::string name = fmt::format("decoder.bridge{}", l);
    Maps maps;
    maps.h = Linear(store, name + ".h", width, options.width);
    if (has_cell_state(cell_)) maps.c = Linear(store, name + ".c", width, options.width);
    maps_.push_back(maps);
  }
}

Variable Bridge::read(const Encoded& encoded) const {
  return summary_ ? encoded.summary : encoded.start;
}

RecurrentStates Bridge::operator()(Tape& tape, const Encoded& encoded) const {
  if (copy_) return encoded.final_states;
  RecurrentStates states;
  for (const Maps& maps : maps_) {
    RecurrentState state;
    state.h = activate(tape, Activation::tanh, maps.h(tape, read(encoded)));
    if (has_cell_state(cell_)) {
      state.c = activate(tape, Activation::tanh, maps.c(tape, read(encoded)));
    }
    states.push_back(state);
  }
  return states;
}

RecurrentDecoder::RecurrentDecoder(const ModelOptions& options, bool attention,
                                   EncodedWidths encoded, Parameter embedding,
                                   ParameterStore& store)
    : embedding_(embedding),
      cell_(options.recurrent.cell),
      attention_(attention),
      context_every_step_(options.recurrent.context == RecurrentOptions::Context::every_step),
      deep_readout_(options.recurrent.readout == RecurrentOptions::Readout::deep),
      dropout_(options.dropout),
      width_(deep_readout_ ? options.embedding_width() : options.width),
      bridge_(options, encoded, store) {
  const Index hidden = options.width;
  const Index context = attention ? encoded.memory : encoded.summary;
  if (attention) {
    key_ = Linear(store, "decoder.attention.key", encoded.memory, hidden);
    attention_parameters_ = add_additive_attention(store, "decoder.attention", hidden, hidden);
  }
  for (Index l = 0; l < options.decoder_layers; ++l) {
    const bool sees_context = l == 0 && (attention || context_every_step_);
    layers_.push_back(add_recurrent_layer(store, fmt::format("decoder.layer{}", l), cell_,
                                          l == 0 ? options.embedding_width() : hidden, hidden,
                                          sees_context ? context : 0));
  }
  if (deep_readout_) {
    readout_ = Linear(store, "decoder.readout", hidden + options.embedding_width() + context,
                      options.embedding_width());
  }
}

RecurrentDecoder::Context RecurrentDecoder::context_of(Tape& tape, const Encoded& encoded) const {
  if (!attention_) return {encoded.summary, {}};
  const Variable values = by_sentence(tape, encoded.memory, encoded.batch());
  return {{}, {key_(tape, values), values, encoded.lengths, {}}};
}

Variable RecurrentDecoder::read_out(Tape& tape, Variable h, Variable x, Variable contexts) const {
  if (!deep_readout_) return h;
  return activate(tape, Activation::tanh,
                  readout_(tape, concatenate_columns(tape, std::array{h, x, contexts})));
}

RecurrentDecoder::Run RecurrentDecoder::run(Tape& tape, Variable x, const Context& context,
                                            RecurrentStates& states,
                                            std::span<const Index> lengths) const {
  Variable h, contexts, weights;
  if (attention_) {
    const AttentionRecurrentOutput out = attention_recurrent_sequence(
        tape, layers_[0], attention_parameters_, x, context.memory, states[0], lengths);
    states[0] = {out.h, out.c};
    contexts = out.contexts;
    weights = out.weights;
    shown_.show(tape, {}, context.memory.keys, context.memory.values, contexts, weights);
    tape.show("decoder.attention.states", out.h);  // queries are made of them, a step later
  } else {
    const Variable input = context_every_step_ ? context.fixed : Variable{};
    const Index steps = tape.rows(x) / tape.rows(states[0].h);
    const RecurrentOutput out = recurrent_sequence(tape, layers_[0], x, input, states[0], lengths,
                                                   Direction::forward);
    states[0] = {out.h, out.c};
    if (deep_readout_) contexts = repeat_steps(tape, context.fixed, steps);
  }
  h = states[0].h;
  for (std::size_t l = 1; l < layers_.size(); ++l) {
    const RecurrentOutput out = recurrent_sequence(tape, layers_[l], dropout(tape, h, dropout_), {},
                                                   states[l], lengths, Direction::forward);
    states[l] = {out.h, out.c};
    h = out.h;
  }
  return {dropout(tape, read_out(tape, h, x, contexts), dropout_), weights};
}

Variable RecurrentDecoder::forward(Tape& tape, const Encoded& encoded,
                                   const TokenBatch& target_input) const {
  const Context context = context_of(tape, encoded);
  RecurrentStates states = bridge_(tape, encoded);
  show_start(tape, states);
  const Variable x = dropout(tape, embedding(tape, embedding_, target_input.tokens), dropout_);
  return run(tape, x, context, states, target_input.lengths).features;
}

DecoderState RecurrentDecoder::start(Tape& tape, const Encoded& encoded) const {
  auto source = std::make_shared<RecurrentSource>();
  source->lengths.assign(encoded.lengths.begin(), encoded.lengths.end());
  DecoderState state;
  put_states(tape, bridge_(tape, encoded), state);
  const Context context = context_of(tape, encoded);
  if (attention_) {
    source->keys = tape.take(context.memory.keys);
    source->values = tape.take(context.memory.values);
  } else {
    source->context = tape.value(context.fixed);
  }
  state.source = std::move(source);
  return state;
}

StepFeatures RecurrentDecoder::step(Tape& tape, std::span<const TokenId> tokens,
                                             DecoderState& state) const {
  const auto& source = static_cast<const RecurrentSource&>(*state.source);
  RecurrentStates states;
  take_states(tape, cell_, layers_.size(), state, states);
  Context context;
  if (attention_) {
    context.memory = {tape.borrow(source.keys), tape.borrow(source.values), source.lengths,
                      state.source_rows};
  } else if (context_every_step_ || deep_readout_) {
    Matrix fixed = make_matrix(state.size(), cols(source.context));
    gather_rows(ref(source.context), state.source_rows, ref(fixed));
    context.fixed = tape.variable(std::move(fixed));
  }
  const Variable x = embedding(tape, embedding_, tokens);
  const Run result = run(tape, x, context, states, {});
  state.rows.clear();
  put_states(tape, states, state);
  return {result.features, attention_ ? tape.value(result.weights) : make_matrix(0, 0)};
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
