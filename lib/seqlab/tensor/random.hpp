#pragma once

// Random numbers that are the same on every machine and standard library: the generator
// (xoshiro256**, Blackman and Vigna 2018) and all distributions are defined here.
//
// A stream is named by a seed, a purpose and up to two counters, for example
// Random(seed, "dropout", update, shard). Nothing needs to be carried from one update to the
// next, so a resumed run draws what the uninterrupted one would have drawn.

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

#include "seqlab/tensor/real.hpp"

namespace seqlab {

class Random {
 public:
  Random(std::uint64_t seed, std::string_view purpose, std::uint64_t first_counter = 0,
         std::uint64_t second_counter = 0);

  /// 64 uniform bits.
  std::uint64_t bits();
  /// Uniform in [0, 1) with 53 bits.
  double uniform();
  double uniform(double low, double high);
  /// Standard normal (Box and Muller 1958).
  double normal();
  /// Uniform integer in [0, bound); bound > 0. Unbiased (rejection).
  std::uint64_t below(std::uint64_t bound);

  /// Fisher-Yates.
  template <typename T>
  void shuffle(std::span<T> items) {
    for (std::size_t i = items.size(); i > 1; --i) {
      std::swap(items[i - 1], items[static_cast<std::size_t>(below(i))]);
    }
  }

 private:
  std::array<std::uint64_t, 4> state_;
};

/// FNV-1a, 64 bits: a stable hash of text (named streams, corpus splits, checksums of settings).
std::uint64_t fnv1a(std::string_view text);

}  // namespace seqlab
