#include "seqlab/evaluation/length_buckets.hpp"

#include <doctest/doctest.h>

#include "seqlab/error.hpp"

using namespace seqlab;

TEST_CASE("length buckets cover every length once") {
  const std::vector<LengthBucket> buckets = make_length_buckets({10, 20});
  REQUIRE(buckets.size() == 3);
  CHECK(buckets[0].low == 0);
  CHECK(buckets[0].high == 10);
  CHECK(buckets[1].low == 11);
  CHECK(buckets[1].high == 20);
  CHECK(buckets[2].low == 21);
  CHECK(buckets[2].high == LengthBucket::kOpen);
  for (Index length = 0; length < 40; ++length) {
    const std::size_t expected = length <= 10 ? 0 : length <= 20 ? 1 : 2;
    CHECK(find_bucket(buckets, length) == expected);
    Index containing = 0;
    for (const LengthBucket& bucket : buckets) containing += bucket.contains(length);
    CHECK(containing == 1);
  }
  CHECK(find_bucket(buckets, LengthBucket::kOpen) == 2);
}

TEST_CASE("no upper end is one bucket; ends that do not rise are refused") {
  REQUIRE(make_length_buckets({}).size() == 1);
  CHECK(make_length_buckets({})[0].contains(0));
  CHECK_THROWS_AS(make_length_buckets({10, 10}), UsageError);
  CHECK_THROWS_AS(make_length_buckets({20, 10}), UsageError);
  CHECK_THROWS_AS(make_length_buckets({-1}), UsageError);
  CHECK_THROWS_AS(find_bucket(make_length_buckets({5}), -1), std::logic_error);
}
