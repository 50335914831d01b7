#include "seqlab/tensor/random.hpp"

#include <set>

namespace seqlab {

TEST_CASE("random: fnv1a is the published hash") {
  CHECK(fnv1a("") == 0xcbf29ce484222325ULL);
  CHECK(fnv1a("a") == 0xaf63dc4c8601ec8cULL);
  CHECK(fnv1a("foobar") == 0x85944171f73967e8ULL);
}

TEST_CASE("random: the streams never change, since runs are repeated from their seeds") {
  Random random(1, "test");
  CHECK(random.bits() == 0x8d161ece9b2f8b2eULL);
  CHECK(random.bits() == 0xe82f0bdd45c62ab6ULL);
  CHECK(random.bits() == 0x4efdc50a2caa5bf2ULL);
  Random counted(1, "test", 2, 3);
  CHECK(counted.bits() == 0x090adc65ecf8f77cULL);
  CHECK(Random(7, "uniform").uniform() == doctest::Approx(0.26947843788637682).epsilon(1e-15));
  CHECK(Random(7, "normal").normal() == doctest::Approx(-0.22269103783598526).epsilon(1e-12));
  CHECK(Random(7, "below").below(1000) == 29);
}

TEST_CASE("random: seed, purpose and both counters each name another stream") {
  std::set<std::uint64_t> first;
  for (std::uint64_t seed = 0; seed < 4; ++seed) {
    for (const char* purpose : {"", "a", "b", "dropout"}) {
      for (std::uint64_t i = 0; i < 4; ++i) {
        for (std::uint64_t j = 0; j < 4; ++j) first.insert(Random(seed, purpose, i, j).bits());
      }
    }
  }
  CHECK(first.size() == 4 * 4 * 4 * 4);
}

TEST_CASE("random: uniform numbers fill [0, 1) evenly") {
  Random random(2, "uniform");
  constexpr int kCount = 100000;
  std::array<int, 10> bins{};
  double total = 0;
  for (int i = 0; i < kCount; ++i) {
    const double u = random.uniform();
    REQUIRE(u >= 0.0);
    REQUIRE(u < 1.0);
    ++bins[static_cast<std::size_t>(u * 10)];
    total += u;
  }
  CHECK(total / kCount == doctest::Approx(0.5).epsilon(0.01));
  // Five standard deviations of a bin's count.
  for (const int count : bins) CHECK(std::abs(count - kCount / 10) < 475);
  for (int i = 0; i < 1000; ++i) {
    const double u = random.uniform(-3.0, 2.0);
    REQUIRE(u >= -3.0);
    REQUIRE(u < 2.0);
  }
}

TEST_CASE("random: the moments of the normal distribution") {
  Random random(3, "normal");
  constexpr int kCount = 200000;
  double sum1 = 0, sum2 = 0, sum3 = 0, sum4 = 0;
  int within = 0;
  for (int i = 0; i < kCount; ++i) {
    const double x = random.normal();
    REQUIRE(std::isfinite(x));
    sum1 += x;
    sum2 += x * x;
    sum3 += x * x * x;
    sum4 += x * x * x * x;
    if (std::abs(x) < 1) ++within;
  }
  CHECK(std::abs(sum1 / kCount) < 0.012);
  CHECK(sum2 / kCount == doctest::Approx(1.0).epsilon(0.02));
  CHECK(std::abs(sum3 / kCount) < 0.05);
  CHECK(sum4 / kCount == doctest::Approx(3.0).epsilon(0.04));
  CHECK(static_cast<double>(within) / kCount == doctest::Approx(0.682689).epsilon(0.01));
}

TEST_CASE("random: below is even over its range, for bounds that do not divide 2^64 too") {
  Random random(4, "below");
  std::array<int, 7> counts{};
  constexpr int kCount = 70000;
  for (int i = 0; i < kCount; ++i) {
    const std::uint64_t x = random.below(7);
    REQUIRE(x < 7);
    ++counts[static_cast<std::size_t>(x)];
  }
  for (const int count : counts) CHECK(std::abs(count - kCount / 7) < 475);
  CHECK(random.below(1) == 0);

  // Without rejection, the lower half of this range would be drawn twice as often.
  constexpr std::uint64_t kBound = 3ULL << 62;
  int lower = 0;
  for (int i = 0; i < 30000; ++i) {
    const std::uint64_t x = random.below(kBound);
    REQUIRE(x < kBound);
    if (x < kBound / 3) ++lower;
  }
  CHECK(std::abs(lower - 10000) < 410);
}

TEST_CASE("random: shuffle reaches every order about equally often") {
  Random random(5, "shuffle");
  std::map<std::array<int, 4>, int> seen;
  constexpr int kCount = 24000;
  for (int i = 0; i < kCount; ++i) {
    std::array<int, 4> items{0, 1, 2, 3};
    random.shuffle(std::span<int>(items));
    ++seen[items];
  }
  CHECK(seen.size() == 24);
  for (const auto& [order, count] : seen) CHECK(std::abs(count - kCount / 24) < 155);
}

}  // namespace seqlab
