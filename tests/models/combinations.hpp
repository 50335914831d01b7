#pragma once

// Every combination of the Transformer's options, at a tiny size.

#include "models/model_fixture.hpp"

namespace seqlab {

/// Calls f(options) with each combination, beginning from `options`.
template <typename Function>
void for_every_combination(ModelOptions options, Function&& f) {
  using T = TransformerOptions;
  options.width = 8;
  options.encoder_layers = options.decoder_layers = 1;
  TransformerOptions& t = options.transformer;
  t.heads = 4;
  t.feed_forward = 5;
  t.max_length = 40;
  t.latent = 3;
  t.rope_width = 2;
  t.expert_width = 3;
  t.balance = 0;                 // its loss is not part of what models return
  constexpr Index kLatent = -1;  // in the place of a number of key-value heads
  for (const Index kv_heads : {Index{0}, Index{2}, Index{1}, kLatent}) {
    for (const auto positions : {T::Positions::sinusoidal, T::Positions::learned,
                                 T::Positions::rope, T::Positions::alibi, T::Positions::none}) {
      for (const auto norm : {T::Norm::pre, T::Norm::post}) {
        for (const auto normalization : {T::Normalization::layer, T::Normalization::rms}) {
          for (const auto activation :
               {T::Activation::relu, T::Activation::gelu, T::Activation::swiglu}) {
            t.attention = kv_heads == kLatent ? T::Attention::latent : T::Attention::grouped;
            t.kv_heads = std::max<Index>(0, kv_heads);
            t.positions = positions;
            t.norm = norm;
            t.normalization = normalization;
            t.activation = activation;
            for (const Index experts : {0, 3}) {
              t.experts = experts;
              INFO(fmt::format(
                  "key-value heads {} (-1: latent), positions {}, norm {} {}, activation {}, "
                  "experts {}",
                  kv_heads, static_cast<int>(positions), static_cast<int>(norm),
                  static_cast<int>(normalization), static_cast<int>(activation), experts));
              f(options);
            }
          }
        }
      }
    }
  }
}

}  // namespace seqlab
