#include "seqlab/nn/latent_attention.hpp"

#include "seqlab/autograd/attention.hpp"
#include "seqlab/autograd/heads.hpp"
#include "seqlab/autograd/layout.hpp"
#include "seqlab/autograd/rotary.hpp"
#include "seqlab/tensor/gemm.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

LatentAttention::LatentAttention(ParameterStore& store, const std::string& name,
                                 const ModelOptions& options)
    : shown_(name),
      heads_(options.transformer.heads),
      head_width_(options.head_width()),
      latent_(options.latent_width()),
      rope_(options.rope_width()),
      slopes_(distance_slopes(options.transformer)) {
  const TransformerOptions& t = options.transformer;
  const Index all = heads_ * head_width_;
  const auto add = [&](const char* part, Index in, Index out) {
    return Linear(store, name + part, in, out, /*with_bias=*/false);
  };
  Index query_input = options.width;
  if (t.query_latent > 0) {
    query_down_ = add(".query_down", options.width, t.query_latent);
    query_norm_ = Norm(store, name + ".query_norm", t.query_latent, Norm::Kind::rms);
    query_input = t.query_latent;
  }
  query_up_ = add(".query_up", query_input, all);
  latent_down_ = add(".latent_down", options.width, latent_);
  latent_norm_ = Norm(store, name + ".latent_norm", latent_, Norm::Kind::rms);
  key_up_ = add(".key_up", latent_, all);
  value_up_ = add(".value_up", latent_, all);
  if (rope_ > 0) {
    query_rope_ = add(".query_rope", query_input, heads_ * rope_);
    key_rope_ = add(".key_rope", options.width, rope_);
  }
  output_ = add(".output", all, options.width);
}

Real LatentAttention::scale() const {
  return Real(1) / std::sqrt(static_cast<Real>(head_width_ + rope_));
}

Variables LatentAttention::entries(Tape& tape, Variable x,
                                               std::span<const Index> positions) const {
  const Variable latent = latent_norm_(tape, latent_down_(tape, x));
  if (rope_ == 0) return {latent};
  const Variable key = rotary(tape, key_rope_(tape, x), 1, positions);
  return {concatenate_columns(tape, std::array{latent, key})};
}

LatentAttention::Queries LatentAttention::queries(Tape& tape, Variable x,
                                                  std::span<const Index> positions) const {
  if (query_norm_.exists()) x = query_norm_(tape, query_down_(tape, x));
  Queries queries{query_up_(tape, x), {}};
  if (rope_ > 0) queries.rotary = rotary(tape, query_rope_(tape, x), heads_, positions);
  return queries;
}

Variable LatentAttention::forward(Tape& tape, Variable x, std::span<const Variable> entries,
                                  std::span<const Index> positions, std::span<const Index> lengths,
                                  bool causal) const {
  const Queries q = queries(tape, x, positions);
  Variable query = q.content, latent = entries[0];
  if (rope_ > 0) latent = columns(tape, entries[0], 0, latent_);
  Variable key = key_up_(tape, latent);
  if (rope_ > 0) {
    query = join_heads(tape, query, q.rotary, heads_, heads_);
    key = join_heads(tape, key, columns(tape, entries[0], latent_, rope_), heads_, 1);
  }
  const Variable value = value_up_(tape, latent);
  return projected_attention(tape, shown_, query, key, value,
                             {heads_, scale(), causal, lengths, heads_, slopes_}, output_);
}

SelfAttention::Step LatentAttention::step(Tape& tape, Variable x, std::span<const Index> positions,
                                          const CachedRows& cached) const {
  const Queries q = queries(tape, x, positions);
  const Index count = tape.rows(x), width = latent_ + rope_;
  const ConstMatrixRef content = ref(tape.value(q.content));
  const auto of_head = [&](Parameter weight, Index h) {  // [head width, latent]
    return tape.value(weight).row_block(h * head_width_, head_width_);
  };
  Matrix query = make_matrix(count, heads_ * width);
  for (Index h = 0; h < heads_; ++h) {
    multiply_nn(content.column_block(h * head_width_, head_width_), of_head(key_up_.weight, h),
                Real(0), ref(query).column_block(h * width, latent_));
    if (rope_ == 0) continue;
    copy(ref(tape.value(q.rotary)).column_block(h * rope_, rope_),
         ref(query).column_block(h * width + latent_, rope_));
  }
  // The latents are keys and values of all heads.
  Matrix mixed = make_matrix(count, heads_ * latent_);
  Matrix weights = zeros(count, cached.longest());
  for (Index r = 0; r < count; ++r) {
    attend(ref(query).row(r), cached.row(r), {heads_, 1, width, latent_, scale(), slopes_},
           ref(mixed).row(r), ref(weights).row(r));
  }
  Matrix contexts = make_matrix(count, heads_ * head_width_);
  for (Index h = 0; h < heads_; ++h) {
    multiply_nt(ref(std::as_const(mixed)).column_block(h * latent_, latent_),
                of_head(value_up_.weight, h), Real(0),
                ref(contexts).column_block(h * head_width_, head_width_));
  }
  return {output_(tape, tape.variable(std::move(contexts))), std::move(weights)};
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
