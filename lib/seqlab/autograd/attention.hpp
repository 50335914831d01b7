#pragma once

// Scaled dot-product attention over several heads (Vaswani 2017, section 3.2):
//
//   softmax(scale * Q K^T) V   for each sentence and each head of width D / heads
//
// With one head and scale 1 it is the `dot` attention of Luong 2015; with projected keys,
// `general`. Projections are `linear` operations outside.

#include <span>

#include "seqlab/autograd/tape.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

struct AttentionOptions {
  Index heads = 1;
  Real scale = 1;
  bool causal = false;               ///< position t sees positions 0..t
  std::span<const Index> lengths;    ///< [B] of keys and values
};

struct AttentionOutput {
  Variable contexts;  ///< [T*B, D]
  Variable weights;   ///< [B*heads*T, S], row ((b * heads + h) * T + t); has no gradient
};

/// query [T*B, D], keys [S*B, D], values [S*B, C], all time-major; D and C divide by heads.
/// Positions past a sentence's length get weight 0.
AttentionOutput multi_head_attention(Tape& tape, Variable query, Variable keys, Variable values,
                                     const AttentionOptions& options);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
