#pragma once

// Layers: parameters with the operation that uses them. Each registers its parameters under a
// name when it is made, and is then a small value.

#include <string>

#include "seqlab/autograd/layers.hpp"
#include "seqlab/nn/parameters.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// y = x W^T + b; W [out, in] Glorot, b zero.
struct Linear {
  Parameter weight;
  Parameter bias;

  Linear() = default;
  Linear(ParameterStore& store, const std::string& name, Index in, Index out, bool with_bias = true);
  Variable operator()(Tape& tape, Variable x) const { return linear(tape, x, weight, bias); }
};

/// An embedding table [V, E] ~ N(0, 1 / E).
Parameter add_embedding(ParameterStore& store, const std::string& name, Index vocabulary,
                        Index width);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
