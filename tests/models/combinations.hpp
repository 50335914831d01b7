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
  for (const Index kv_heads : {0, 2, 1}) {
    for (const auto positions : {T::Positions::sinusoidal, T::Positions::learned,
                                 T::Positions::rope, T::Positions::alibi, T::Positions::none}) {
      for (const auto norm : {T::Norm::pre, T::Norm::post}) {
        for (const auto normalization : {T::Normalization::layer, T::Normalization::rms}) {
          for (const auto activation :
               {T::Activation::relu, T::Activation::gelu, T::Activation::swiglu}) {
            t.kv_heads = kv_heads;
            t.positions = positions;
            t.norm = norm;
            t.normalization = normalization;
            t.activation = activation;
            INFO(fmt::format("key-value heads {}, positions {}, norm {} {}, activation {}",
                             kv_heads, static_cast<int>(positions), static_cast<int>(norm),
                             static_cast<int>(normalization), static_cast<int>(activation)));
            f(options);
          }
        }
      }
    }
  }
}

}  // namespace seqlab
