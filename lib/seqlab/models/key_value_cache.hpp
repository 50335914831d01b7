#pragma once

// Caches of self-attention in the rows of a DecoderState: a row holds the entries of the positions
// read so far, one after the other, with room to grow.

#include "seqlab/decoding/step_model.hpp"
#include "seqlab/nn/self_attention.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Empty caches of one layer, for `row_count` rows.
std::vector<DecoderState::RowValues> empty_caches(const SelfAttention& layer, Index row_count);

/// Appends the entries of one position of each row, the `position`-th in the cache.
void append_entries(Tape& tape, std::span<const Variable> entries, Index position,
                    std::span<DecoderState::RowValues> caches);

/// The first `length` positions of row r.
AttendedPositions cached_positions(std::span<const DecoderState::RowValues> caches,
                                   const std::vector<Index>& widths, Index r, Index length);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
