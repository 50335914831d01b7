#pragma once

// Dot-product attention of one query against the positions of one sequence, for decoding: the
// keys and values are a source sentence's (strided), a hypothesis's cache (contiguous), or both,
// one after the other.

#include <span>

#include "seqlab/tensor/matrix.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Positions 0..length-1 of a piece of a sequence; the vectors of position j start j strides on.
struct AttendedPositions {
  const Real* keys;
  Index key_stride;
  const Real* values;
  Index value_stride;
  Index length;
};

/// As in multi_head_attention.
struct StepHeads {
  Index heads = 1;
  Index kv_heads = 1;
  Index key_width = 0;  ///< of one head
  Index value_width = 0;
  Real scale = 1;
  std::span<const Real> slopes = {};  ///< the query stands at the last position
};

/// context [heads * value_width] = sum_j softmax_j(scale * query . key_j) value_j, head by head,
/// over all positions of all pieces; `weights` [positions] gets the mean weight over heads.
void attend(const Real* query, std::span<const AttendedPositions> pieces, const StepHeads& options,
            Real* context, Real* weights);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
