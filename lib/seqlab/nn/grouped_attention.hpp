#pragma once

// Self-attention with keys and values for each head (Vaswani 2017), for groups of heads (Ainslie
// 2023) or for all heads (Shazeer 2019), with or without rotary positions (Su 2021) or slopes
// (ALiBi, Press 2022). The cache has keys, turned already, and
// values.

#include "seqlab/nn/self_attention.hpp"
#include "seqlab/nn/transformer.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

class GroupedAttention : public SelfAttention {
 public:
  GroupedAttention(ParameterStore& store, const std::string& name, const ModelOptions& options);
  std::vector<Index> cache_widths() const override;
  Variables entries(Tape& tape, Variable x,
                                std::span<const Index> positions) const override;
  using SelfAttention::forward;
  Variable forward(Tape& tape, Variable x, std::span<const Variable> entries,
                   std::span<const Index> positions, std::span<const Index> lengths,
                   bool causal) const override;
  Step step(Tape& tape, Variable x, std::span<const Index> positions,
            const CachedRows& cached) const override;
  const AttentionLayer& layer() const { return layer_; }

 private:
  Variable queries(Tape& tape, Variable x, std::span<const Index> positions) const;

  AttentionLayer layer_;
  bool rotary_;
  std::vector<Real> slopes_;
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
