#include "seqlab/nn/transformer.hpp"

#include "seqlab/autograd/swiglu.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

using Kind = TransformerOptions::Activation;

Index inner_width(Index width, const TransformerOptions& options) {
  if (options.feed_forward > 0) return options.feed_forward;
  if (options.activation != Kind::swiglu) return 4 * width;
  return (8 * width / 3 + 7) / 8 * 8;  // whole registers
}

}  // namespace

AttentionLayer::AttentionLayer(ParameterStore& store, const std::string& layer_name, Index width,
                               Index head_count, Index kv_head_count)
    : name(layer_name), heads(head_count), kv_heads(kv_head_count > 0 ? kv_head_count : head_count) {
  const Index kv_width = width / heads * kv_heads;
  query = Linear(store, name + ".query", width, width);
  key = Linear(store, name + ".key", width, kv_width);
  value = Linear(store, name + ".value", width, kv_width);
  output = Linear(store, name + ".output", width, width);
}

Real AttentionLayer::scale() const {
  return Real(1) / std::sqrt(static_cast<Real>(head_width()));
}

Variable AttentionLayer::operator()(Tape& tape, Variable x, Variable memory,
                                    std::span<const Index> lengths, bool causal) const {
  const AttentionOutput attended =
      multi_head_attention(tape, query(tape, x), key(tape, memory), value(tape, memory),
                           {heads, scale(), causal, lengths, kv_heads});
  tape.show(name, attended.weights);
  return output(tape, attended.contexts);
}

FeedForward::FeedForward(ParameterStore& store, const std::string& name, Index width,
                         const TransformerOptions& options)
    : activation(options.activation == Kind::relu ? Activation::relu : Activation::gelu) {
  const Index units = inner_width(width, options);
  inner = Linear(store, name + ".inner", width, units);
  if (options.activation == Kind::swiglu) gate = Linear(store, name + ".gate", width, units);
  outer = Linear(store, name + ".outer", units, width);
}

Variable FeedForward::operator()(Tape& tape, Variable x) const {
  if (gate.weight.exists()) return outer(tape, swiglu(tape, gate(tape, x), inner(tape, x)));
  const Variable hidden = inner(tape, x);
  return outer(tape, activation == Activation::relu ? relu_in_place(tape, hidden)
                                                    : activate(tape, activation, hidden));
}

Residual add_residual(ParameterStore& store, const std::string& name, const ModelOptions& options) {
  return {Norm(store, name + ".norm", options.width, options.transformer.normalization),
          options.transformer.norm, options.dropout};
}

Norm add_final_norm(ParameterStore& store, const std::string& name, const ModelOptions& options) {
  if (options.transformer.norm != TransformerOptions::Norm::pre) return {};
  return Norm(store, name, options.width, options.transformer.normalization);
}

Variable scaled_embedding(Tape& tape, Parameter table, std::span<const TokenId> tokens) {
  return embedding(tape, table, tokens, std::sqrt(static_cast<Real>(table.cols)));
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
