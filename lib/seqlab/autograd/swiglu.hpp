#pragma once

// The gate of a SwiGLU feed-forward layer (Shazeer 2020).

#include "seqlab/autograd/tape.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// silu(gate) * x element by element, where silu(g) = g * sigmoid(g). Both [N, F].
Variable swiglu(Tape& tape, Variable gate, Variable x);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
