#include "seqlab/models/transformer_stack.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

TransformerStack::TransformerStack(const ModelOptions& options, Index layer_count,
                                   const std::string& name, ParameterStore& store)
    : codes_(store, name, options.width, options.transformer), dropout_(options.dropout) {
  for (Index l = 0; l < layer_count; ++l) {
    const std::string layer_name = fmt::format("{}.layer{}", name, l);
    Layer layer;
    layer.attention = make_self_attention(store, layer_name + ".self_attention", options);
    layer.attention_residual = add_residual(store, layer_name + ".self_attention", options);
    layer.feed_forward = make_feed_forward(store, layer_name + ".feed_forward", options);
    layer.feed_forward_residual = add_residual(store, layer_name + ".feed_forward", options);
    layers_.push_back(std::move(layer));
  }
  final_norm_ = add_final_norm(store, name + ".norm", options);
}

Variable TransformerStack::forward(Tape& tape, Variable x, std::span<const Index> positions,
                                   std::span<const Index> lengths, bool causal) const {
  return run(tape, x, positions, lengths, [&](std::size_t l, Variable y) {
    return attention(l).forward(tape, y, positions, lengths, causal);
  });
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
