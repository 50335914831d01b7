#pragma once

// Batches of sentences of similar length.
//
// The order of an epoch is a pure function of (seed, epoch): shuffle all pairs, sort them by length
// within large windows, cut the windows into batches, shuffle the batches. Resuming in the middle
// of an epoch therefore needs no state but (epoch, index).

#include <cstddef>
#include <cstdint>
#include <vector>

#include "seqlab/data/batch.hpp"
#include "seqlab/data/corpus.hpp"

namespace seqlab {

struct BatchOptions {
  /// Largest number of padded positions of the longer side, B * max(S, T), end marks included. A
  /// sentence above it makes a batch of its own.
  Index tokens = 4096;
  /// If above 0: this many sentences a batch, and `tokens` is not looked at.
  Index sentences = 0;
};

/// The training batches of a corpus. Not for use by several threads at once: the order of the last
/// used epoch is remembered.
class Batches {
 public:
  /// The corpus must outlive this object and have a pair at least. Throws UsageError on sizes
  /// below 1.
  Batches(const Corpus& corpus, BatchOptions options, std::uint64_t seed);

  /// Number of batches; differs a little from epoch to epoch.
  std::size_t per_epoch(std::uint64_t epoch) const;

  /// Batch `index` (below per_epoch) of an epoch; every pair occurs once an epoch.
  Batch batch(std::uint64_t epoch, std::size_t index) const;
  /// The same in place of another batch, whose memory it takes.
  void read(std::uint64_t epoch, std::size_t index, Batch& batch) const;

  /// Share of padding among the positions of both sides, in [0, 1).
  double padding_share(std::uint64_t epoch = 0) const;

 private:
  using Plan = std::vector<std::vector<std::size_t>>;  // pairs of each batch

  const Plan& plan(std::uint64_t epoch) const;

  const Corpus& corpus_;
  BatchOptions options_;
  std::uint64_t seed_;
  Index bucket_ = 1;
  mutable std::uint64_t planned_epoch_ = 0;
  mutable Plan plan_;  // empty: none yet
};

/// All pairs once, in batches of similar length, roughly longest first and without any randomness:
/// for validation and decoding. `Batch::sentences` says where each result belongs.
std::vector<Batch> ordered_batches(const Corpus& corpus, BatchOptions options);

}  // namespace seqlab
