#include "seqlab/nn/grouped_attention.hpp"

#include "seqlab/autograd/rotary.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

GroupedAttention::GroupedAttention(ParameterStore& store, const std::string& name,
                                   const ModelOptions& options)
    : layer_(store, name, options.width, options.transformer.heads, options.transformer.kv_heads,
             options.head_width()),
      rotary_(options.transformer.positions == TransformerOptions::Positions::rope),
      slopes_(distance_slopes(options.transformer)) {}

std::vector<Index> GroupedAttention::cache_widths() const {
  return {layer_.key.weight.rows, layer_.value.weight.rows};
}

Variables GroupedAttention::entries(Tape& tape, Variable x,
                                                std::span<const Index> positions) const {
  Variable keys = layer_.key(tape, x);
  if (rotary_) keys = rotary(tape, keys, layer_.kv_heads, positions);
  return {keys, layer_.value(tape, x)};
}

Variable GroupedAttention::queries(Tape& tape, Variable x, std::span<const Index> positions) const {
  const Variable query = layer_.query(tape, x);
  return rotary_ ? rotary(tape, query, layer_.heads, positions) : query;
}

Variable GroupedAttention::forward(Tape& tape, Variable x, std::span<const Variable> entries,
                                   std::span<const Index> positions, std::span<const Index> lengths,
                                   bool causal) const {
  const Variable query = queries(tape, x, positions);
  return projected_attention(
      tape, layer_.shown, query, entries[0], entries[1],
      {layer_.heads, layer_.scale(), causal, lengths, layer_.kv_heads, slopes_}, layer_.output);
}

SelfAttention::Step GroupedAttention::step(Tape& tape, Variable x,
                                           std::span<const Index> positions,
                                           const CachedRows& cached) const {
  const Variable query = queries(tape, x, positions);
  const Index width = layer_.head_width();
  const StepHeads heads{layer_.heads, layer_.kv_heads, width, width, layer_.scale(), slopes_};
  Matrix contexts = make_matrix(tape.rows(x), layer_.output.weight.cols);
  Matrix weights = zeros(tape.rows(x), cached.longest());
  for (Index r = 0; r < rows(contexts); ++r) {
    attend(ref(tape.value(query)).row(r), cached.row(r), heads, ref(contexts).row(r),
           ref(weights).row(r));
  }
  return {layer_.output(tape, tape.variable(std::move(contexts))), std::move(weights)};
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
