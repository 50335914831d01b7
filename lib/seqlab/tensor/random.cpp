#include "seqlab/tensor/random.hpp"

#include <bit>
#include <cmath>
#include <numbers>

namespace seqlab {
namespace {

/// splitmix64 (Steele, Lea, Flood 2014): spreads any seed over 64 bits.
std::uint64_t mix(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15ULL;
  std::uint64_t z = state;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
  return z ^ (z >> 31);
}

}  // namespace

std::uint64_t fnv1a(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3ULL;
  }
  return hash;
}

Random::Random(std::uint64_t seed, std::string_view purpose, std::uint64_t first_counter,
               std::uint64_t second_counter)
    : state_{} {
  std::uint64_t s = seed;
  for (const std::uint64_t part : {fnv1a(purpose), first_counter, second_counter}) {
    s = mix(s) ^ part;
  }
  for (std::uint64_t& word : state_) word = mix(s);
}

std::uint64_t Random::bits() {
  const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
  const std::uint64_t t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return result;
}

double Random::uniform() { return static_cast<double>(bits() >> 11) * 0x1.0p-53; }

double Random::uniform(double low, double high) { return low + (high - low) * uniform(); }

double Random::normal() {
  const double radius = std::sqrt(-2.0 * std::log(1.0 - uniform()));
  return radius * std::cos(2.0 * std::numbers::pi * uniform());
}

std::uint64_t Random::below(std::uint64_t bound) {
  const std::uint64_t limit = bound * (~std::uint64_t{0} / bound);
  std::uint64_t value = bits();
  while (value >= limit) value = bits();
  return value % bound;
}

}  // namespace seqlab
