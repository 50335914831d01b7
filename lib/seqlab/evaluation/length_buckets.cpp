#include "seqlab/evaluation/length_buckets.hpp"

#include <algorithm>

#include "seqlab/error.hpp"

namespace seqlab {

std::string bucket_label(const LengthBucket& bucket) {
  const Index low = std::max<Index>(1, bucket.low);
  return bucket.high == LengthBucket::kOpen ? fmt::format("{}+", low)
                                            : fmt::format("{}-{}", low, bucket.high);
}

std::vector<LengthBucket> make_length_buckets(const std::vector<Index>& upper_ends) {
  std::vector<LengthBucket> buckets;
  Index low = 0;
  for (const Index high : upper_ends) {
    if (high < low) {
      throw UsageError(fmt::format(
          "length buckets: the upper end {} is below {}: expected ends that rise, such as 10 20 30",
          high, low));
    }
    buckets.push_back({low, high});
    low = high + 1;
  }
  buckets.push_back({low, LengthBucket::kOpen});
  return buckets;
}

std::size_t find_bucket(const std::vector<LengthBucket>& buckets, Index length) {
  const auto found = std::find_if(buckets.begin(), buckets.end(),
                                  [&](const LengthBucket& b) { return b.contains(length); });
  check(found != buckets.end(), "no length bucket contains {}", length);
  return static_cast<std::size_t>(found - buckets.begin());
}

}  // namespace seqlab
