#pragma once

// Ranges of sentence lengths: measures are told apart by the length of the source, since that is
// where models with and without attention differ.

#include <limits>
#include <string>
#include <vector>

#include "seqlab/tensor/real.hpp"

namespace seqlab {

/// Lengths from `low` to `high`, both included.
struct LengthBucket {
  static constexpr Index kOpen = std::numeric_limits<Index>::max();

  Index low = 0;
  Index high = kOpen;  ///< kOpen: no upper end

  bool contains(Index length) const { return low <= length && length <= high; }
};

/// "11-20", or "61+" for an open one. No sentence has length 0, so that the first begins at 1.
std::string bucket_label(const LengthBucket& bucket);

/// Buckets that cover all lengths from 0, the last one open: upper ends {10, 20} give 0-10, 11-20
/// and 21 or more. Throws UsageError unless the ends rise from one to the next and are at least 0.
std::vector<LengthBucket> make_length_buckets(const std::vector<Index>& upper_ends);

/// The place of the bucket that contains a length.
std::size_t find_bucket(const std::vector<LengthBucket>& buckets, Index length);

}  // namespace seqlab
