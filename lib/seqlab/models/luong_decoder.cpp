#include "seqlab/models/luong_decoder.hpp"

#include "seqlab/autograd/attention.hpp"
#include "seqlab/autograd/layout.hpp"
#include "seqlab/models/recurrent_state_rows.hpp"
#include "seqlab/nn/recurrent.hpp"
#include "seqlab/tensor/step_attention.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

struct LuongSource : SourceMemory {
  Matrix keys;    ///< [S*B, H]
  Matrix values;  ///< [S*B, C]
};

/// One query per row against its sentence.
struct RowAttention {
  Matrix context;
  Matrix weights;
};
RowAttention attend_rows(ConstMatrixRef query, const LuongSource& source,
                         std::span<const Index> source_rows) {
  const auto batch = static_cast<Index>(source.lengths.size());
  const ConstMatrixRef keys = ref(source.keys), values = ref(source.values);
  RowAttention out{make_matrix(query.rows, values.cols), zeros(query.rows, keys.rows / batch)};
  for (Index r = 0; r < query.rows; ++r) {
    const Index b = source_rows[static_cast<std::size_t>(r)];
    const AttendedPositions source_positions{keys.row(b), batch * keys.stride, values.row(b),
                                             batch * values.stride,
                                             source.lengths[static_cast<std::size_t>(b)]};
    attend(query.row(r), {&source_positions, 1}, {1, 1, keys.cols, values.cols, Real(1)},
           ref(out.context).row(r), ref(out.weights).row(r));
  }
  return out;
}

}  // namespace

LuongDecoder::LuongDecoder(const ModelOptions& options, EncodedWidths encoded, Parameter embedding,
                           ParameterStore& store)
    : embedding_(embedding),
      cell_(options.recurrent.cell),
      input_feeding_(options.recurrent.input_feeding),
      general_score_(options.recurrent.score == RecurrentOptions::Score::general),
      dropout_(options.dropout),
      hidden_(options.width),
      bridge_(options, encoded, store) {
  if (general_score_) {
    key_ = Linear(store, "decoder.attention.key", encoded.memory, hidden_, false);
  } else if (encoded.memory != hidden_) {
    throw UsageError(fmt::format(
        "score = dot needs an encoder whose annotations are as wide as the decoder ({}), but they "
        "are {} wide; use score = general or bidirectional = false",
        hidden_, encoded.memory));
  }
  for (Index l = 0; l < options.decoder_layers; ++l) {
    const Index input =
        l > 0 ? hidden_ : options.embedding_width() + (input_feeding_ ? hidden_ : 0);
    layers_.push_back(
        add_recurrent_layer(store, fmt::format("decoder.layer{}", l), cell_, input, hidden_));
  }
  combine_ = Linear(store, "decoder.combine", encoded.memory + hidden_, hidden_, false);
}

LuongDecoder::Memory LuongDecoder::memory_of(Tape& tape, const Encoded& encoded) const {
  return {general_score_ ? key_(tape, encoded.memory) : encoded.memory, encoded.memory};
}

Variable LuongDecoder::run_layers(Tape& tape, Variable x, RecurrentStates& states,
                                  std::span<const Index> lengths) const {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    if (l > 0) x = dropout(tape, x, dropout_);
    const RecurrentOutput out =
        recurrent_sequence(tape, layers_[l], x, {}, states[l], lengths, Direction::forward);
    states[l] = {out.h, out.c};
    x = out.h;
  }
  return x;
}

Variable LuongDecoder::combine(Tape& tape, Variable context, Variable h) const {
  return activate(tape, Activation::tanh,
                  combine_(tape, concatenate_columns(tape, std::array{context, h})));
}

Variable LuongDecoder::forward(Tape& tape, const Encoded& encoded,
                               const TokenBatch& target_input) const {
  const Memory memory = memory_of(tape, encoded);
  RecurrentStates states = bridge_(tape, encoded);
  show_start(tape, states);
  const Variable x = dropout(tape, embedding(tape, embedding_, target_input.tokens), dropout_);
  if (input_feeding_) {
    return dropout(tape, forward_fed(tape, x, memory, encoded, std::move(states)), dropout_);
  }
  const Variable h = run_layers(tape, x, states, target_input.lengths);
  const AttentionOutput attended = multi_head_attention(tape, h, memory.keys, memory.values,
                                                        {1, Real(1), false, encoded.lengths});
  shown_.show(tape, h, memory.keys, memory.values, attended.contexts, attended.weights);
  return dropout(tape, combine(tape, attended.contexts, h), dropout_);
}

Variable LuongDecoder::forward_fed(Tape& tape, Variable x, const Memory& memory,
                                   const Encoded& encoded,
                                   RecurrentStates states) const {
  // The attentional vector of a step is an input of the next, so the steps run one by one.
  const Index batch = encoded.batch();
  Variable fed = tape.variable(zeros(batch, hidden_));
  Variables features;
  for (Index t = 0; t < tape.rows(x) / batch; ++t) {
    const Variable input =
        concatenate_columns(tape, std::array{rows(tape, x, t * batch, batch), fed});
    const Variable h = run_layers(tape, input, states, {});
    const AttentionOutput attended = multi_head_attention(tape, h, memory.keys, memory.values,
                                                          {1, Real(1), false, encoded.lengths});
    shown_.show(tape, h, memory.keys, memory.values, attended.contexts, attended.weights);
    fed = combine(tape, attended.contexts, h);
    features.push_back(fed);
  }
  return concatenate_rows(tape, features);
}

DecoderState LuongDecoder::start(Tape& tape, const Encoded& encoded) const {
  auto source = std::make_shared<LuongSource>();
  source->lengths.assign(encoded.lengths.begin(), encoded.lengths.end());
  DecoderState state;
  put_states(tape, bridge_(tape, encoded), state);
  if (input_feeding_) state.rows.push_back({zeros(encoded.batch(), hidden_), -1});
  const Memory memory = memory_of(tape, encoded);
  source->keys = tape.value(memory.keys);
  source->values = tape.take(memory.values);
  state.source = std::move(source);
  return state;
}

StepFeatures LuongDecoder::step(Tape& tape, std::span<const TokenId> tokens,
                                         DecoderState& state) const {
  const auto& source = static_cast<const LuongSource&>(*state.source);
  RecurrentStates states;
  const std::size_t taken = take_states(tape, cell_, layers_.size(), state, states);
  Variable x = embedding(tape, embedding_, tokens);
  if (input_feeding_) {
    const Variable fed = tape.variable(std::move(state.rows[taken].values));
    x = concatenate_columns(tape, std::array{x, fed});
  }
  const Variable h = run_layers(tape, x, states, {});
  RowAttention attended = attend_rows(ref(tape.value(h)), source, state.source_rows);
  const Variable features = combine(tape, tape.variable(std::move(attended.context)), h);
  state.rows.clear();
  put_states(tape, states, state);
  if (input_feeding_) state.rows.push_back({tape.value(features), -1});
  return {features, std::move(attended.weights)};
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
