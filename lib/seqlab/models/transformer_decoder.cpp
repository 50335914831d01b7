#include "seqlab/models/transformer_decoder.hpp"

#include "seqlab/models/key_value_cache.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

struct TransformerSource : SourceMemory {
  std::vector<Matrix> keys;  ///< of each layer's cross-attention, [S*B, D]
  std::vector<Matrix> values;
  std::vector<Index> memory_lengths;  ///< 1 each for a pooled memory
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
  const Index memory = pooled_ ? encoded.summary : encoded.memory;
  if (memory != width_) {
    throw UsageError(fmt::format(
        "decoder = transformer of width {} needs annotations of that width, but the encoder's are "
        "{} wide; use bidirectional = false",
        width_, memory));
  }
  for (Index l = 0; l < options.decoder_layers; ++l) {
    const std::string name = fmt::format("decoder.layer{}", l);
    Layer layer;
    layer.self_attention = make_self_attention(store, name + ".self_attention", options);
    layer.self_residual = add_residual(store, name + ".self_attention", options);
    layer.cross_attention =
        AttentionLayer(store, name + ".cross_attention", width_, t.heads, 0, options.head_width());
    layer.cross_residual = add_residual(store, name + ".cross_attention", options);
    layer.feed_forward = make_feed_forward(store, name + ".feed_forward", options);
    layer.feed_forward_residual = add_residual(store, name + ".feed_forward", options);
    layers_.push_back(std::move(layer));
  }
  final_norm_ = add_final_norm(store, "decoder.norm", options);
}

template <typename Self, typename Cross>
Variable TransformerDecoder::run(Tape& tape, Variable x, Self&& self, Cross&& cross) const {
  for (std::size_t l = 0; l < layers_.size(); ++l) {
    const Layer& layer = layers_[l];
    x = layer.self_residual(tape, x, [&](Variable y) { return self(l, y); });
    x = layer.cross_residual(tape, x, [&](Variable y) { return cross(l, y); });
    x = layer.feed_forward_residual(tape, x,
                                    [&](Variable y) { return layer.feed_forward(tape, y); });
  }
  return final_norm_.exists() ? final_norm_(tape, x) : x;
}

TransformerDecoder::Memory TransformerDecoder::memory_of(Tape& tape, const Encoded& encoded) const {
  if (!pooled_) return {encoded.memory, encoded.lengths};
  return {encoded.summary, tape.keep(PooledVector<Index>(encoded.lengths.size(), 1))};
}

Variable TransformerDecoder::forward(Tape& tape, const Encoded& encoded,
                                     const TokenBatch& target_input) const {
  const Memory memory = memory_of(tape, encoded);
  const std::span<const Index> positions =
      time_major_positions(tape, target_input.steps, target_input.batch);
  const Variable embedded = scaled_embedding(tape, embedding_, target_input.tokens);
  const Variable x = dropout_in_place(tape, codes_(tape, embedded, positions), dropout_);
  return run(
      tape, x,
      [&](std::size_t l, Variable y) {
        return layers_[l].self_attention->forward(tape, y, positions, target_input.lengths, true);
      },
      [&](std::size_t l, Variable y) {
        return layers_[l].cross_attention(tape, y, memory.values, memory.lengths, false);
      });
}

DecoderState TransformerDecoder::start(Tape& tape, const Encoded& encoded) const {
  const Memory memory = memory_of(tape, encoded);
  auto source = std::make_shared<TransformerSource>();
  source->lengths.assign(encoded.lengths.begin(), encoded.lengths.end());
  source->memory_lengths.assign(memory.lengths.begin(), memory.lengths.end());
  DecoderState state;
  for (const Layer& layer : layers_) {
    source->keys.push_back(tape.take(layer.cross_attention.key(tape, memory.values)));
    source->values.push_back(tape.take(layer.cross_attention.value(tape, memory.values)));
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
  const auto batch = static_cast<Index>(source.memory_lengths.size());
  const Index source_steps = rows(source.keys[0]) / batch;
  const std::vector<Index> positions(tokens.size(), state.position);
  Matrix weights = zeros(count, source_steps);

  const auto self = [&](std::size_t l, Variable y) {
    return cached_step(tape, *layers_[l].self_attention, l, y, positions, state).output;
  };
  const auto cross = [&](std::size_t l, Variable y) {
    const AttentionLayer& layer = layers_[l].cross_attention;
    const ConstMatrixRef keys = ref(source.keys[l]), values = ref(source.values[l]);
    const Variable query = layer.query(tape, y);
    const Index width = layer.head_width();
    const StepHeads heads{layer.heads, layer.heads, width, width, layer.scale()};
    Matrix context = make_matrix(count, values.cols);
    for (Index r = 0; r < count; ++r) {
      const Index b = state.source_rows[static_cast<std::size_t>(r)];
      const AttendedPositions positions_of_source{
          keys.row(b), batch * keys.stride, values.row(b), batch * values.stride,
          source.memory_lengths[static_cast<std::size_t>(b)]};
      attend(ref(tape.value(query)).row(r), {&positions_of_source, 1}, heads, ref(context).row(r),
             ref(weights).row(r));
    }
    return layer.output(tape, tape.variable(std::move(context)));
  };
  const Variable x = codes_(tape, scaled_embedding(tape, embedding_, tokens), positions);
  const Variable features = run(tape, x, self, cross);
  return {features, pooled_ ? make_matrix(0, 0) : std::move(weights)};
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
