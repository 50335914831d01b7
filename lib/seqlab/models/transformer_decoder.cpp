#include "seqlab/models/transformer_decoder.hpp"

#include "seqlab/autograd/layout.hpp"
#include "seqlab/models/key_value_cache.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

struct TransformerSource : SourceMemory {
  Index steps = 0;           ///< S
  std::vector<Matrix> keys;  ///< of each layer's cross-attention, sentence by sentence, [B*S, D]
  std::vector<Matrix> values;
  std::vector<Matrix> contexts;  ///< of a pooled memory instead: each layer's projection, [B, D]
};

}  // namespace

TransformerDecoder::TransformerDecoder(const ModelOptions& options, EncodedWidths encoded,
                                       Parameter embedding, ParameterStore& store)
    : embedding_(embedding),
      codes_(store, "decoder", options.width, options.transformer),
      width_(options.width),
      pooled_(options.transformer.memory == TransformerOptions::Memory::pooled),
      dropout_(options.dropout) {
  const TransformerOptions& t = options.transformer;
  if (!pooled_ && encoded.memory != width_) {
    throw UsageError(fmt::format(
        "decoder = transformer of width {} needs annotations of that width, but the encoder's are "
        "{} wide; use bidirectional = false",
        width_, encoded.memory));
  }
  for (Index l = 0; l < options.decoder_layers; ++l) {
    const std::string name = fmt::format("decoder.layer{}", l);
    Layer layer;
    layer.self_attention = make_self_attention(store, name + ".self_attention", options);
    layer.self_residual = add_residual(store, name + ".self_attention", options);
    if (pooled_) {
      layer.context = Linear(store, name + ".context", encoded.summary, width_);
    } else {
      layer.cross_attention = AttentionLayer(store, name + ".cross_attention", width_, t.heads, 0,
                                             options.head_width());
      layer.cross_residual = add_residual(store, name + ".cross_attention", options);
    }
    layer.feed_forward = make_feed_forward(store, name + ".feed_forward", options);
    layer.feed_forward_residual = add_residual(store, name + ".feed_forward", options);
    layers_.push_back(std::move(layer));
  }
  final_norm_ = add_final_norm(store, "decoder.norm", options);
}

template <typename Self, typename Look>
Variable TransformerDecoder::run(Tape& tape, Variable x, std::span<const Index> lengths,
                                 Self&& self, Look&& look) const {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    x = layer.self_residual(tape, x, [&](Variable y) { return self(l, y); });
    x = look(l, x);
    x = layer.feed_forward_residual(
        tape, x, [&](Variable y) { return layer.feed_forward(tape, y, lengths); });
  }
  return final_norm_.exists() ? final_norm_(tape, x) : x;
}

Variable TransformerDecoder::add_context(Tape& tape, Variable context, Variable x) const {
  return add_in_place(tape, dropout_in_place(tape, context, dropout_), x);
}

Variable TransformerDecoder::forward(Tape& tape, const Encoded& encoded,
                                     const TokenBatch& target_input) const {
  const std::span<const Index> positions =
      time_major_positions(tape, target_input.steps, target_input.batch);
  const Variable embedded = scaled_embedding(tape, embedding_, target_input.tokens);
  const Variable x = dropout_in_place(tape, codes_(tape, embedded, positions), dropout_);
  const auto self = [&](std::size_t l, Variable y) {
    return layers_[l].self_attention->forward(tape, y, positions, target_input.lengths, true);
  };
  const auto look = [&](std::size_t l, Variable y) {
    const Layer& layer = layers_[l];
    if (pooled_) {
      const Variable context = layer.context(tape, encoded.summary);
      return add_context(tape, repeat_steps(tape, context, target_input.steps), y);
    }
    return layer.cross_residual(tape, y, [&](Variable query) {
      return layer.cross_attention(tape, query, encoded.memory, encoded.lengths, false);
    });
  };
  return run(tape, x, target_input.lengths, self, look);
}

DecoderState TransformerDecoder::start(Tape& tape, const Encoded& encoded) const {
  auto source = std::make_shared<TransformerSource>();
  source->lengths.assign(encoded.lengths.begin(), encoded.lengths.end());
  source->steps = tape.rows(encoded.memory) / encoded.batch();
  const Variable seen =
      pooled_ ? encoded.summary : by_sentence(tape, encoded.memory, encoded.batch());
  DecoderState state;
  for (const Layer& layer : layers_) {
    if (pooled_) {
      source->contexts.push_back(tape.take(layer.context(tape, seen)));
    } else {
      source->keys.push_back(tape.take(layer.cross_attention.key(tape, seen)));
      source->values.push_back(tape.take(layer.cross_attention.value(tape, seen)));
    }
    for (DecoderState::RowValues& cache : empty_caches(*layer.self_attention, encoded.batch())) {
      state.rows.push_back(std::move(cache));
    }
  }
  state.source = std::move(source);
  return state;
}

StepFeatures TransformerDecoder::step(Tape& tape, std::span<const TokenId> tokens,
                                      DecoderState& state) const {
  const auto& source = static_cast<const TransformerSource&>(*state.source);
  const auto count = static_cast<Index>(tokens.size());
  const std::vector<Index> positions(tokens.size(), state.position);
  Matrix weights = pooled_ ? make_matrix(0, 0) : zeros(count, source.steps);

  const auto self = [&](std::size_t l, Variable y) {
    return cached_step(tape, *layers_[l].self_attention, l, y, positions, state).output;
  };
  const auto cross = [&](std::size_t l, Variable y) {
    const AttentionLayer& attention = layers_[l].cross_attention;
    const ConstMatrixRef keys = ref(source.keys[l]), values = ref(source.values[l]);
    const Variable query = attention.query(tape, y);
    const Index width = attention.head_width();
    const StepHeads heads{attention.heads, attention.heads, width, width, attention.scale()};
    Matrix context = make_matrix(count, values.cols);
    for (Index r = 0; r < count; ++r) {
      const Index b = state.source_rows[static_cast<std::size_t>(r)], first = b * source.steps;
      const AttendedPositions positions_of_source{keys.row(first), keys.stride, values.row(first),
                                                  values.stride,
                                                  source.lengths[static_cast<std::size_t>(b)]};
      attend(ref(tape.value(query)).row(r), {&positions_of_source, 1}, heads, ref(context).row(r),
             ref(weights).row(r));
    }
    return attention.output(tape, tape.variable(std::move(context)));
  };
  const auto look = [&](std::size_t l, Variable y) {
    if (pooled_) {
      Matrix context = make_matrix(count, width_);
      gather_rows(ref(source.contexts[l]), state.source_rows, ref(context));
      return add_context(tape, tape.variable(std::move(context)), y);
    }
    return layers_[l].cross_residual(tape, y, [&](Variable query) { return cross(l, query); });
  };
  const Variable x = codes_(tape, scaled_embedding(tape, embedding_, tokens), positions);
  const Variable features = run(tape, x, {}, self, look);
  return {features, std::move(weights)};
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
