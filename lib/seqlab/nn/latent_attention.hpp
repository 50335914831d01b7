#pragma once

// Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434): keys and values of all heads are
// made from one narrow vector, and that is all that the cache keeps of a position.
//
//   c^Q = norm(W^DQ h)      q^C = W^UQ c^Q    q^R = RoPE(W^QR c^Q), one for each head
//   c   = norm(W^DKV h)     k^C = W^UK c      v^C = W^UV c       k^R = RoPE(W^KR h), one for all
//   o_i = sum_j softmax_j([q^C_i; q^R_i] . [k^C_i,j; k^R_j] / sqrt(d_h + d_R)) v^C_i,j
//
// Rotary positions have a part of their own (k^R), since a rotation between W^UQ and W^UK would
// keep them apart. A step never makes k^C and v^C: W^UK is applied to the query and W^UV to the
// mixed latents, so that attention runs over the cache [c; k^R] itself, all heads on the same.
// Without a query latent, queries are made from h; without rotary positions there is no R part.

#include "seqlab/nn/layers.hpp"
#include "seqlab/nn/norm.hpp"
#include "seqlab/nn/self_attention.hpp"
#include "seqlab/nn/shown_attention.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

class LatentAttention : public SelfAttention {
 public:
  LatentAttention(ParameterStore& store, const std::string& name, const ModelOptions& options);
  std::vector<Index> cache_widths() const override { return {latent_ + rope_}; }
  Variables entries(Tape& tape, Variable x,
                                std::span<const Index> positions) const override;
  using SelfAttention::forward;
  Variable forward(Tape& tape, Variable x, std::span<const Variable> entries,
                   std::span<const Index> positions, std::span<const Index> lengths,
                   bool causal) const override;
  Step step(Tape& tape, Variable x, std::span<const Index> positions,
            const CachedRows& cached) const override;

 private:
  struct Queries {
    Variable content;  ///< [N, heads * head width]
    Variable rotary;   ///< [N, heads * rope width], turned, or none
  };
  Queries queries(Tape& tape, Variable x, std::span<const Index> positions) const;
  Real scale() const;

  ShownAttention shown_;
  Index heads_, head_width_, latent_, rope_;
  std::vector<Real> slopes_;
  Linear query_down_, query_up_, query_rope_;
  Norm query_norm_;
  Linear latent_down_, key_up_, value_up_, key_rope_;
  Norm latent_norm_;
  Linear output_;
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
