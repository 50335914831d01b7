#pragma once

// Caches of self-attention in the rows of a DecoderState: a row holds the entries of the positions
// read so far, one after the other, with room to grow.

#include "seqlab/decoding/step_model.hpp"
#include "seqlab/nn/self_attention.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Empty caches of one layer, for `row_count` rows.
std::vector<DecoderState::RowValues> empty_caches(const SelfAttention& layer, Index row_count);

/// Self-attention of one layer for one more position of each row: its entries join the layer's
/// caches in `state`, and it sees what is in them. `before` are positions that come before those,
/// one piece a row, or none.
SelfAttention::Step cached_step(Tape& tape, const SelfAttention& layer, std::size_t layer_index,
                                Variable x, std::span<const Index> positions, DecoderState& state,
                                std::span<const AttendedPositions> before = {});

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
