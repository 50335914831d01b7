#pragma once

// What a decoder-only Transformer costs, by formula and as measured: parameters, floating-point
// operations for a token, and numbers that the key-value cache keeps of a token.
//
//   cache, numbers a token    grouped: 2 kv_heads d_h layers    latent: (d_c + d_R) layers
//
// where d_h is the width of a head, d_c of the latent and d_R of its rotary part (DeepSeek-V2,
// arXiv 2405.04434, table 1; multi-head attention: kv_heads = heads, multi-query: 1). An operation
// is a multiplication or an addition of a matrix product or of attention; element-wise work does
// not count, as is usual.

#include <string>
#include <vector>

#include "seqlab/models/options.hpp"

namespace seqlab {

struct ModelCost {
  double parameters = 0;
  double active_parameters = 0;  ///< that one token passes: without the experts it does not choose
  double flops = 0;              ///< of one token that sees `positions`, itself included
  Index cache_numbers = 0;       ///< for each position, all layers together
};

/// By formula. `vocabulary` tokens; no source.
ModelCost cost_by_formula(const ModelOptions& options, Index vocabulary, Index positions);

struct MeasuredCost {
  double parameters = 0;
  double flops = 0;       ///< counted in the last of `positions` steps
  Index cache_bytes = 0;  ///< that the caches hold after all steps, for each position
};

/// Makes the model and reads so many tokens, one by one.
MeasuredCost measure_cost(const ModelOptions& options, Index vocabulary, Index positions);

struct NamedAttention {
  std::string name;
  ModelOptions options;
};

/// A model's four kinds of attention, its other options the same: multi-head, grouped-query,
/// multi-query, and latent.
std::vector<NamedAttention> attention_kinds(const ModelOptions& options);

/// DeepSeek-V2 as published: 60 layers of width 5120, 128 heads of 128, latents of 512 (queries
/// 1536), 64 rotary, 160 routed experts of which 6 are active, 2 shared. (Its first layer has no
/// experts; here all have.)
ModelOptions deepseek_v2();
inline constexpr Index kDeepseekVocabulary = 102400;

/// Cache bytes of a token, measured in one layer with the heads of `options` and times its layers.
/// The layer is narrow, since the model width plays no part in the cache.
Index measure_cache_bytes(const ModelOptions& options);

}  // namespace seqlab
