#include "seqlab/evaluation/numpy_random.hpp"

#include "seqlab/error.hpp"

#include <array>
#include <bit>

namespace seqlab {
namespace {

/// NumPy's SeedSequence: spreads a seed over a pool of four words, and the pool over the state.
class SeedSequence {
 public:
  explicit SeedSequence(std::uint32_t seed) {
    std::uint32_t constant = 0x43b0d7e5U;
    const auto hash = [&constant](std::uint32_t value) {
      value ^= constant;
      constant *= 0x931e8875U;
      value *= constant;
      return value ^ (value >> 16U);
    };
    for (std::uint32_t& word : pool_) word = hash(&word == pool_.data() ? seed : 0);
    for (std::size_t from = 0; from < pool_.size(); ++from) {
      for (std::size_t to = 0; to < pool_.size(); ++to) {
        if (from != to) pool_[to] = mix(pool_[to], hash(pool_[from]));
      }
    }
  }

  /// The first four 64-bit words.
  std::array<std::uint64_t, 4> state() const {
    std::array<std::uint64_t, 4> words{};
    std::uint32_t constant = 0x8b51f9ddU;
    for (std::size_t i = 0; i < 2 * words.size(); ++i) {
      std::uint32_t value = pool_[i % pool_.size()] ^ constant;
      constant *= 0x58f38dedU;
      value *= constant;
      value ^= value >> 16U;
      words[i / 2] |= static_cast<std::uint64_t>(value) << (i % 2 == 0 ? 0U : 32U);
    }
    return words;
  }

 private:
  static std::uint32_t mix(std::uint32_t x, std::uint32_t y) {
    const std::uint32_t mixed = 0xca01f9ddU * x - 0x4973f715U * y;
    return mixed ^ (mixed >> 16U);
  }

  std::array<std::uint32_t, 4> pool_{};
};

}  // namespace

NumpyRandom::NumpyRandom(std::uint32_t seed) {
  const auto [state_high, state_low, stream_high, stream_low] = SeedSequence(seed).state();
  increment_ = (((static_cast<Wide>(stream_high) << 64U) | stream_low) << 1U) | 1U;
  step();
  state_ += (static_cast<Wide>(state_high) << 64U) | state_low;
  step();
}

void NumpyRandom::step() {
  constexpr Wide kMultiplier =
      (static_cast<Wide>(0x2360ed051fc65da4U) << 64U) | 0x4385df649fccf645U;
  state_ = state_ * kMultiplier + increment_;
}

std::uint64_t NumpyRandom::bits() {
  step();
  const auto high = static_cast<std::uint64_t>(state_ >> 64U);
  const auto low = static_cast<std::uint64_t>(state_);
  return std::rotr(high ^ low, static_cast<int>(high >> 58U));
}

std::uint32_t NumpyRandom::half_bits() {
  if (has_waiting_half_) {
    has_waiting_half_ = false;
    return waiting_half_;
  }
  const std::uint64_t both = bits();
  waiting_half_ = static_cast<std::uint32_t>(both >> 32U);
  has_waiting_half_ = true;
  return static_cast<std::uint32_t>(both);
}

std::uint32_t NumpyRandom::below(std::uint32_t bound) {
  check(bound > 0, "a random number below 0");
  if (bound == 1) return 0;
  std::uint64_t product = static_cast<std::uint64_t>(half_bits()) * bound;
  if (static_cast<std::uint32_t>(product) < bound) {
    const std::uint32_t threshold = (0U - bound) % bound;
    while (static_cast<std::uint32_t>(product) < threshold) {
      product = static_cast<std::uint64_t>(half_bits()) * bound;
    }
  }
  return static_cast<std::uint32_t>(product >> 32U);
}

bool NumpyRandom::coin() {
  if (coins_left_ == 0) {
    coins_ = half_bits();
    coins_left_ = 32;
  } else {
    coins_ >>= 1U;
  }
  --coins_left_;
  return (coins_ & 1U) != 0;
}

}  // namespace seqlab
