#pragma once

// Scaled dot-product attention over several heads (Vaswani 2017, section 3.2):
//
//   softmax(scale * Q K^T) V   for each sentence and each head of width D / heads
//
// With one head and scale 1 it is the `dot` attention of Luong 2015; with projected keys,
// `general`. Projections are `linear` operations outside. Several query heads may share a head of
// keys and values (Ainslie 2023; all of them: Shazeer 2019). With slopes, a score falls linearly
// with the distance of query and key (ALiBi, Press 2022).

#include <span>

#include "seqlab/autograd/tape.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

struct AttentionOptions {
  Index heads = 1;
  Real scale = 1;
  bool causal = false;               ///< position t sees positions 0..t
  std::span<const Index> lengths;    ///< [B] of keys and values
  Index kv_heads = 0;                ///< heads of keys and values, a divisor of heads; 0: heads
  /// ALiBi, [heads] or empty: score -= slope * |t - j|
  std::span<const Real> slopes = {};
};

struct AttentionOutput {
  Variable contexts;  ///< [T*B, heads * c]
  Variable weights;   ///< [B*heads*T, S], row ((b * heads + h) * T + t); has no gradient
};

/// query [T*B, heads * d], keys [S*B, kv_heads * d], values [S*B, kv_heads * c], all time-major;
/// contexts are [T*B, heads * c]. Positions past a sentence's length get weight 0.
AttentionOutput multi_head_attention(Tape& tape, Variable query, Variable keys, Variable values,
                                     const AttentionOptions& options);

/// Saves the memory of the contexts until the backward pass reaches `last`, the only result that was
/// made from them: they are made again from weights and values. `options` are those of the attention.
void make_contexts_again(Tape& tape, const AttentionOutput& attended, Variable values,
                         const AttentionOptions& options, Variable last);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
