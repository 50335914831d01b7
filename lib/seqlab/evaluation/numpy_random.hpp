#pragma once

// The random numbers of NumPy's default generator, for one purpose: to resample the sentences that
// sacreBLEU resamples, so that both programs give the same p-values. Everything else in seqlab
// draws from tensor/random.hpp.
//
// The generator is PCG64 (O'Neill 2014, "PCG: A Family of Simple Fast Space-Efficient Statistically
// Good Algorithms"; XSL-RR output), its state comes from the seed by NumPy's SeedSequence, and
// bounded integers by multiplication with rejection (Lemire 2019, "Fast Random Integer Generation
// in an Interval").

#include <cstdint>

namespace seqlab {

class NumpyRandom {
 public:
  /// numpy.random.default_rng(seed)
  explicit NumpyRandom(std::uint32_t seed);

  /// The next element of .integers(bound, size=...), 0 < bound < 2^32; .choice(bound, size=...)
  /// draws the same numbers.
  std::uint32_t below(std::uint32_t bound);
  /// The next element of .integers(2, dtype=bool, size=...), as long as nothing else is drawn.
  bool coin();

 private:
  __extension__ using Wide = unsigned __int128;

  void step();
  std::uint64_t bits();
  std::uint32_t half_bits();

  Wide state_ = 0;
  Wide increment_ = 0;
  std::uint32_t waiting_half_ = 0;
  bool has_waiting_half_ = false;
  std::uint32_t coins_ = 0;
  int coins_left_ = 0;
};

}  // namespace seqlab
