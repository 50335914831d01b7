#pragma once

// The gradient of one batch, data-parallel: the batch is cut into shards by sentences; ranks take
// equal runs of neighbouring shards, and threads take shards of their rank. Each shard has a tape
// and a gradient of its own, and their sum is added in an order that depends on the number of
// shards only: neither threads nor ranks change a bit.

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "seqlab/data/corpus.hpp"
#include "seqlab/models/sequence_model.hpp"
#include "seqlab/tensor/bf16_products.hpp"
#include "seqlab/tensor/packed_weights.hpp"
#include "seqlab/tensor/workers.hpp"
#include "seqlab/training/communicator.hpp"
#include "seqlab/training/options.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// With several ranks, throws UsageError unless the shards are the number of ranks times 1, 2, 4,
/// 8, ...: only such groups of shards can be added up by their rank.
std::size_t shards_of_each_rank(std::int64_t shards, const Communicator& communicator);

class BatchGradient {
 public:
  /// All arguments must outlive the object. Throws UsageError as shards_of_each_rank does, and on
  /// precision = bf16 where there are no such products.
  BatchGradient(const SequenceModel& model, const Corpus& corpus, const TrainingOptions& options,
                Workers& workers, Communicator& communicator);
  ~BatchGradient();

  /// Computes loss and gradient of a batch of the corpus, the mean over its target tokens, and
  /// returns the loss. `update` (from 1) decides the dropout masks.
  LossSum compute(const Batch& batch, std::int64_t update);

  /// Of the last batch.
  std::span<const Real> values() const;
  double norm() const { return norm_; }
  /// Floating-point operations of the last batch (tensor/flops.hpp), those of all ranks.
  double flops() const { return flops_; }

 private:
  struct Shard;

  void cut(const Batch& batch);

  const SequenceModel& model_;
  const Corpus& corpus_;
  const TrainingOptions& options_;
  Workers& workers_;
  Communicator& communicator_;
  std::size_t first_;                           // shard of this rank
  std::vector<std::unique_ptr<Shard>> shards_;  // of this rank; kept between batches
  std::optional<RoundedParameters> rounded_;    // precision = bf16
  std::optional<PackedWeights> packed_;         // otherwise
  double norm_ = 0.0;
  double flops_ = 0.0;
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
