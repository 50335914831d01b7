#include "seqlab/models/transformer_decoder.hpp"

#include "seqlab/tensor/step_attention.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

struct TransformerSource : SourceMemory {
  std::vector<Matrix> keys;  ///< of each layer's cross-attention, [S*B, D]
  std::vector<Matrix> values;
  std::vector<Index> memory_lengths;  ///< 1 each for a pooled memory
};

/// A cache row holds the vectors of the positions read so far, one after the other.
constexpr Index kFirstCapacity = 32;

/// Appends each row of `values` to its row of the cache.
void append(DecoderState::RowValues& cache, ConstMatrixRef values, Index position) {
  const Index used = position * values.cols;
  if (used + values.cols > cols(cache.values)) {
    Matrix larger = make_matrix(values.rows, std::max(kFirstCapacity * values.cols, 2 * used));
    for (Index r = 0; r < values.rows; ++r) {
      std::copy_n(ref(cache.values).row(r), used, ref(larger).row(r));
    }
    cache.values = std::move(larger);
  }
  for (Index r = 0; r < values.rows; ++r) {
    std::copy_n(values.row(r), values.cols, ref(cache.values).row(r) + used);
  }
  cache.used_columns = used + values.cols;
}

}  // namespace

TransformerDecoder::TransformerDecoder(const ModelOptions& options, EncodedWidths encoded,
                                       Parameter embedding, ParameterStore& store)
    : embedding_(store, "decoder", embedding, options.transformer),
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
    layer.self_attention = AttentionLayer(store, name + ".self_attention", width_, t.heads);
    layer.self_residual = add_residual(store, name + ".self_attention", options);
    layer.cross_attention = AttentionLayer(store, name + ".cross_attention", width_, t.heads);
    layer.cross_residual = add_residual(store, name + ".cross_attention", options);
    layer.feed_forward = FeedForward(store, name + ".feed_forward", width_, t);
    layer.feed_forward_residual = add_residual(store, name + ".feed_forward", options);
    layers_.push_back(layer);
  }
  if (t.norm == TransformerOptions::Norm::pre)
    final_norm_ = LayerNorm(store, "decoder.norm", width_);
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
  return final_norm_.gain.exists() ? final_norm_(tape, x) : x;
}

TransformerDecoder::Memory TransformerDecoder::memory_of(Tape& tape, const Encoded& encoded) const {
  if (!pooled_) return {encoded.memory, encoded.lengths};
  return {encoded.summary, tape.keep(std::vector<Index>(encoded.lengths.size(), 1))};
}

Variable TransformerDecoder::forward(Tape& tape, const Encoded& encoded,
                                     const TokenBatch& target_input) const {
  const Memory memory = memory_of(tape, encoded);
  const Variable x =
      dropout(tape, embedding_(tape, target_input.tokens, target_input.batch, 0), dropout_);
  return run(
      tape, x,
      [&](std::size_t l, Variable y) {
        return layers_[l].self_attention(tape, y, y, target_input.lengths, true);
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
    for (int cache = 0; cache < 2; ++cache) {  // keys, values
      state.rows.push_back({make_matrix(encoded.batch(), kFirstCapacity * width_), 0});
    }
  }
  state.source = std::move(source);
  return state;
}

Decoder::StepFeatures TransformerDecoder::step(Tape& tape, std::span<const TokenId> tokens,
                                               DecoderState& state) const {
  const auto& source = static_cast<const TransformerSource&>(*state.source);
  const auto count = static_cast<Index>(tokens.size());
  const auto batch = static_cast<Index>(source.memory_lengths.size());
  const Index source_steps = rows(source.keys[0]) / batch;
  const Index seen = state.position + 1;
  Matrix weights = zeros(count, source_steps);
  Matrix scratch = make_matrix(2, std::max(seen, source_steps));
  Real* self_weights = ref(scratch).row(1);

  const auto self = [&](std::size_t l, Variable y) {
    const AttentionLayer& layer = layers_[l].self_attention;
    DecoderState::RowValues& keys = state.rows[2 * l];
    DecoderState::RowValues& values = state.rows[2 * l + 1];
    append(keys, ref(tape.value(layer.key(tape, y))), state.position);
    append(values, ref(tape.value(layer.value(tape, y))), state.position);
    const Variable query = layer.query(tape, y);
    Matrix context = make_matrix(count, width_);
    for (Index r = 0; r < count; ++r) {
      attend(ref(tape.value(query)).row(r), width_, {ref(keys.values).row(r), width_},
             {ref(values.values).row(r), width_}, width_, seen, layer.heads, layer.scale(),
             ref(context).row(r), self_weights, scratch.data());
    }
    return layer.output(tape, tape.variable(std::move(context)));
  };
  const auto cross = [&](std::size_t l, Variable y) {
    const AttentionLayer& layer = layers_[l].cross_attention;
    const ConstMatrixRef keys = ref(source.keys[l]), values = ref(source.values[l]);
    const Variable query = layer.query(tape, y);
    Matrix context = make_matrix(count, width_);
    for (Index r = 0; r < count; ++r) {
      const Index b = state.source_rows[static_cast<std::size_t>(r)];
      attend(ref(tape.value(query)).row(r), width_, {keys.row(b), batch * width_},
             {values.row(b), batch * width_}, width_,
             source.memory_lengths[static_cast<std::size_t>(b)], layer.heads, layer.scale(),
             ref(context).row(r), ref(weights).row(r), scratch.data());
    }
    return layer.output(tape, tape.variable(std::move(context)));
  };
  const Variable x = embedding_(tape, tokens, count, state.position);
  const Variable features = run(tape, x, self, cross);
  return {features, pooled_ ? make_matrix(0, 0) : std::move(weights)};
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
