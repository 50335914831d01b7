#pragma once

// Recurrent layers.

#include <string>

#include "seqlab/autograd/recurrent.hpp"
#include "seqlab/nn/parameters.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Parameters of one recurrent layer: W_ih and W_context Glorot, W_hh a random orthogonal matrix
/// for each gate, biases 0 but for the lstm's forget gate, 1 (Gers 2000). `context` = 0: none.
RecurrentParameters add_recurrent_layer(ParameterStore& store, const std::string& name, Cell cell,
                                        Index input, Index hidden, Index context = 0);

/// Additive attention of `units` units for a decoder of width `hidden`.
AdditiveAttentionParameters add_additive_attention(ParameterStore& store, const std::string& name,
                                                   Index hidden, Index units);

/// A state of zeros, [batch, hidden].
RecurrentState zero_state(Tape& tape, Cell cell, Index batch, Index hidden);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
