#include "seqlab/nn/transformer.hpp"

#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// PE(p, 2i) = sin(p / 10000^(2i/D)), PE(p, 2i+1) = cos of the same (Vaswani 2017, section 3.5).
void fill_sinusoidal(Real* row, Index position, Index width) {
  for (Index i = 0; i < width; i += 2) {
    const double angle =
        static_cast<double>(position) *
        std::exp(-std::log(10000.0) * static_cast<double>(i) / static_cast<double>(width));
    row[i] = static_cast<Real>(std::sin(angle));
    if (i + 1 < width) row[i + 1] = static_cast<Real>(std::cos(angle));
  }
}

}  // namespace

AttentionLayer::AttentionLayer(ParameterStore& store, const std::string& layer_name, Index width,
                               Index head_count)
    : name(layer_name),
      query(store, name + ".query", width, width),
      key(store, name + ".key", width, width),
      value(store, name + ".value", width, width),
      output(store, name + ".output", width, width),
      heads(head_count) {}

Real AttentionLayer::scale() const {
  return Real(1) / std::sqrt(static_cast<Real>(query.weight.rows / heads));
}

Variable AttentionLayer::operator()(Tape& tape, Variable x, Variable memory,
                                    std::span<const Index> lengths, bool causal) const {
  const AttentionOutput attended =
      multi_head_attention(tape, query(tape, x), key(tape, memory), value(tape, memory),
                           {heads, scale(), causal, lengths});
  tape.show(name, attended.weights);
  return output(tape, attended.contexts);
}

FeedForward::FeedForward(ParameterStore& store, const std::string& name, Index width,
                         const TransformerOptions& options)
    : activation(options.activation == TransformerOptions::Activation::relu ? Activation::relu
                                                                            : Activation::gelu) {
  const Index units = options.feed_forward > 0 ? options.feed_forward : 4 * width;
  inner = Linear(store, name + ".inner", width, units);
  outer = Linear(store, name + ".outer", units, width);
}

Variable FeedForward::operator()(Tape& tape, Variable x) const {
  return outer(tape, activate(tape, activation, inner(tape, x)));
}

Residual add_residual(ParameterStore& store, const std::string& name, const ModelOptions& options) {
  return {LayerNorm(store, name + ".norm", options.width), options.transformer.norm,
          options.dropout};
}

PositionedEmbedding::PositionedEmbedding(ParameterStore& store, const std::string& name,
                                         Parameter table, const TransformerOptions& options)
    : table_(table) {
  if (options.positions == TransformerOptions::Positions::learned) {
    learned_ = store.add(name + ".positions", options.max_length, table.cols,
                         {Initializer::Kind::normal, 0.02});
  }
}

Variable PositionedEmbedding::operator()(Tape& tape, std::span<const TokenId> tokens, Index batch,
                                         Index first) const {
  const Index width = table_.cols;
  const Index steps = static_cast<Index>(tokens.size()) / batch;
  const Variable x = embedding(tape, table_, tokens, std::sqrt(static_cast<Real>(width)));
  if (learned_.exists()) {
    if (first + steps > learned_.rows) {
      throw RuntimeFailure(fmt::format(
          "a sentence has {} positions, but the model learned only {} (max_length); use shorter "
          "sentences or positions = sinusoidal",
          first + steps, learned_.rows));
    }
    std::vector<TokenId> places(tokens.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
      places[i] = static_cast<TokenId>(first + static_cast<Index>(i) / batch);
    }
    return add(tape, x, embedding(tape, learned_, tape.keep(std::move(places))));
  }
  Matrix row = make_matrix(1, width);
  const MatrixRef out = tape.mutable_value(x);
  for (Index t = 0; t < steps; ++t) {
    fill_sinusoidal(row.data(), first + t, width);
    add_to_rows(out.row_block(t * batch, batch), row.data());
  }
  return x;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
