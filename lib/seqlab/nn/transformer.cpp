#include "seqlab/nn/transformer.hpp"

#include "seqlab/autograd/swiglu.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

AttentionLayer::AttentionLayer(ParameterStore& store, const std::string& name, Index width,
                               Index head_count, Index kv_head_count, Index width_of_head)
    : shown(name), heads(head_count), kv_heads(kv_head_count > 0 ? kv_head_count : head_count) {
  const Index head = width_of_head > 0 ? width_of_head : width / heads;
  query = Linear(store, name + ".query", width, heads * head);
  key = Linear(store, name + ".key", width, kv_heads * head);
  value = Linear(store, name + ".value", width, kv_heads * head);
  output = Linear(store, name + ".output", heads * head, width);
}

Real AttentionLayer::scale() const { return Real(1) / std::sqrt(static_cast<Real>(head_width())); }

Variable AttentionLayer::operator()(Tape& tape, Variable x, Variable memory,
                                    std::span<const Index> lengths, bool causal) const {
  const Variable queries = query(tape, x);
  const Variable keys = key(tape, memory);
  const Variable values = value(tape, memory);
  return projected_attention(tape, shown, queries, keys, values,
                             {heads, scale(), causal, lengths, kv_heads}, output);
}

FeedForward::FeedForward(ParameterStore& store, const std::string& name, Index width, Index units,
                         TransformerOptions::Activation kind)
    : activation(kind == TransformerOptions::Activation::relu ? Activation::relu
                                                              : Activation::gelu) {
  inner = Linear(store, name + ".inner", width, units);
  if (kind == TransformerOptions::Activation::swiglu) {
    gate = Linear(store, name + ".gate", width, units);
  }
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
          options.transformer.norm, options.dropout, name + ".before", name + ".after"};
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
