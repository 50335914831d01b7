#pragma once

// Dot-product attention of one query against the positions of one sequence, for decoding: the
// keys and values are a source sentence's (strided) or a hypothesis's cache (contiguous).

#include "seqlab/tensor/matrix.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Positions 0..length-1 of a sequence of vectors; position j starts at data + j * stride.
struct Positions {
  const Real* data;
  Index stride;
};

/// context [value_width] = sum_j softmax_j(scale * query . key_j) value_j, head by head; `weights`
/// [length] gets the mean weight over heads. `scratch` has room for `length` numbers.
void attend(const Real* query, Index key_width, Positions keys, Positions values,
            Index value_width, Index length, Index heads, Real scale, Real* context, Real* weights,
            Real* scratch);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
