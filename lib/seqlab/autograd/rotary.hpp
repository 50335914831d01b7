#pragma once

// Rotary positions (Su 2021, RoPE): each pair of numbers (2i, 2i+1) of a head is a point in the
// plane, turned by the angle position / 10000^(2i / width). The product of a turned query and a
// turned key depends on the distance of their positions only.

#include <span>

#include "seqlab/autograd/tape.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// x [N, heads * width], width even; row r stands at positions[r]. `positions` must outlive the
/// backward pass.
Variable rotary(Tape& tape, Variable x, Index heads, std::span<const Index> positions);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
