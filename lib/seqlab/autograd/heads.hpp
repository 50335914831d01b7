#pragma once

// Rows of vectors with several heads.

#include "seqlab/autograd/tape.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// [a_1 | b_1 | a_2 | b_2 | ...]: a [N, heads * A] with b [N, heads * B] or, shared by all heads,
/// [N, B]. `b_heads` is heads or 1.
Variable join_heads(Tape& tape, Variable a, Variable b, Index heads, Index b_heads);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
