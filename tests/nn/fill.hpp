#pragma once

// Layers with the parameters of the golden numbers.

#include "golden/golden.hpp"
#include "seqlab/nn/transformer.hpp"

namespace seqlab::test {

inline void fill_linear(ParameterStore& store, const Linear& layer, int tag) {
  fill_wave(store.value(layer.weight), tag);
  fill_wave(store.value(layer.bias), tag + 1);
}

inline void fill_attention(ParameterStore& store, const AttentionLayer& layer, int tag) {
  for (const Linear& part : {layer.query, layer.key, layer.value, layer.output}) {
    fill_linear(store, part, tag);
    tag += 2;
  }
}

}  // namespace seqlab::test
