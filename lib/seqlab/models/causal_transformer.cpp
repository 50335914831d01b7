#include "seqlab/models/causal_transformer.hpp"

#include "seqlab/models/key_value_cache.hpp"

#include <algorithm>

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// The cache entries of what each sequence read before its first step.
struct Prefix : SourceMemory {
  std::vector<std::vector<Matrix>> entries;  ///< of each layer and cache, [S*B, width]

  AttendedPositions positions(std::size_t layer, Index b) const {
    const std::vector<Matrix>& caches = entries[layer];
    const auto batch = static_cast<Index>(lengths.size());
    const auto length = lengths[static_cast<std::size_t>(b)];
    const ConstMatrixRef keys = ref(caches.front()), values = ref(caches.back());
    return {keys.row(b), batch * keys.cols, values.row(b), batch * values.cols, length};
  }
};

DecoderState state_after(std::shared_ptr<Prefix> prefix, const TransformerStack& stack) {
  DecoderState state;
  const auto batch = static_cast<Index>(prefix->lengths.size());
  for (std::size_t l = 0; l < stack.layer_count(); ++l) {
    for (DecoderState::RowValues& cache : empty_caches(stack.attention(l), batch)) {
      state.rows.push_back(std::move(cache));
    }
  }
  state.source = std::move(prefix);
  return state;
}

/// The columns of the weights [rows, positions] at the source, which comes first; [rows, S].
Matrix at_source(const Matrix& weights, const std::vector<Index>& lengths,
                 const std::vector<Index>& source_rows) {
  Matrix attention = zeros(rows(weights), *std::max_element(lengths.begin(), lengths.end()));
  for (Index r = 0; r < rows(weights); ++r) {
    const auto b = static_cast<std::size_t>(source_rows[static_cast<std::size_t>(r)]);
    std::copy_n(ref(weights).row(r), lengths[b], ref(attention).row(r));
  }
  return attention;
}

}  // namespace

CausalTransformer::CausalTransformer(const ModelOptions& options, ParameterStore& store)
    : width_(options.width), stack_(options, options.decoder_layers, "decoder", store) {}

Variable CausalTransformer::forward(Tape& tape, Variable x, std::span<const Index> lengths) const {
  const auto batch = static_cast<Index>(lengths.size());
  const auto positions = time_major_positions(tape, tape.rows(x) / batch, batch);
  return stack_.forward(tape, x, positions, lengths, /*causal=*/true);
}

DecoderState CausalTransformer::read(Tape& tape, Variable x, std::span<const Index> lengths) const {
  auto prefix = std::make_shared<Prefix>();
  prefix->lengths.assign(lengths.begin(), lengths.end());
  const auto batch = static_cast<Index>(lengths.size());
  const auto positions = time_major_positions(tape, tape.rows(x) / batch, batch);
  stack_.run(tape, x, positions, lengths, [&](std::size_t l, Variable y) {
    const SelfAttention& layer = stack_.attention(l);
    const Variables entries = layer.entries(tape, y, positions);
    const Variable out = layer.forward(tape, y, entries, positions, lengths, /*causal=*/true);
    std::vector<Matrix>& kept = prefix->entries.emplace_back();
    for (const Variable entry : entries) kept.push_back(tape.take(entry));
    return out;
  });
  return state_after(std::move(prefix), stack_);
}

DecoderState CausalTransformer::begin(Tape&, Index batch) const {
  auto prefix = std::make_shared<Prefix>();
  prefix->lengths.assign(static_cast<std::size_t>(batch), 0);
  return state_after(std::move(prefix), stack_);
}

StepFeatures CausalTransformer::step(Tape& tape, Variable x, DecoderState& state) const {
  const auto& prefix = static_cast<const Prefix&>(*state.source);
  const bool has_prefix = !prefix.entries.empty();
  std::vector<Index> positions;
  for (const Index b : state.source_rows) {
    positions.push_back(prefix.lengths[static_cast<std::size_t>(b)] + state.position);
  }
  Matrix attention = make_matrix(0, 0);  // at the source, of the last layer
  const Variable features = stack_.run(tape, x, positions, {}, [&](std::size_t l, Variable y) {
    std::vector<AttendedPositions> before;
    for (Index r = 0; has_prefix && r < state.size(); ++r) {
      before.push_back(prefix.positions(l, state.source_rows[static_cast<std::size_t>(r)]));
    }
    const SelfAttention::Step step =
        cached_step(tape, stack_.attention(l), l, y, positions, state, before);
    if (has_prefix && l + 1 == stack_.layer_count()) {
      attention = at_source(step.weights, prefix.lengths, state.source_rows);
    }
    return step.output;
  });
  return {features, std::move(attention)};
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
