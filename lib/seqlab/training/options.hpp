#pragma once

// What a training run is told. The names of the fields are the names of the configuration keys,
// and messages about them use these names.

#include <cstdint>

#include "seqlab/data/batches.hpp"
#include "seqlab/tensor/precision.hpp"
#include "seqlab/tensor/real.hpp"

namespace seqlab {

struct OptimizerOptions {
  /// adam: Kingma and Ba 2015, weight decay as an L2 penalty. adamw: Loshchilov and Hutter 2019,
  /// decoupled weight decay. sgd: with momentum, weight decay as an L2 penalty.
  enum class Kind { adam, adamw, sgd } optimizer = Kind::adam;
  double learning_rate = 1e-3;  ///< the schedule's peak
  double beta1 = 0.9;           ///< adam, adamw
  double beta2 = 0.98;          ///< adam, adamw
  double epsilon = 1e-8;        ///< adam, adamw
  double weight_decay = 0.0;
  double momentum = 0.0;  ///< sgd
};

struct ScheduleOptions {
  /// All of them rise linearly over the first `warmup` updates (0: none) to the peak.
  /// constant: stay there. inverse_sqrt: peak * sqrt(warmup / update) (Vaswani 2017).
  /// plateau: multiply by `plateau_factor` after `plateau_patience` validations in a row without a
  /// new best loss. cosine: half a cosine to zero at the end of the run (Loshchilov and Hutter
  /// 2017), the end being the first reached of max_updates, max_tokens and max_epochs.
  enum class Kind { constant, inverse_sqrt, plateau, cosine } schedule = Kind::inverse_sqrt;
  std::int64_t warmup = 500;
  double plateau_factor = 0.5;
  std::int64_t plateau_patience = 1;
};

/// Where a run ends: at the limit that is reached first. 0 means no limit of that kind.
struct TrainingLimits {
  std::int64_t max_epochs = 0;
  std::int64_t max_updates = 0;
  std::int64_t max_tokens = 0;  ///< target tokens, end marks included
  double max_minutes = 0.0;     ///< wall clock, validation included, summed over resumed runs
};

struct TrainingOptions {
  OptimizerOptions optimizer;
  ScheduleOptions schedule;
  TrainingLimits limits;
  BatchOptions batch;

  double label_smoothing = 0.1;
  double clip_norm = 1.0;  ///< largest norm of the gradient; 0: no clipping

  std::int64_t validate_every = 0;  ///< updates; 0: at the end of each epoch
  /// Stop after this many validations in a row without a new best loss; 0: never.
  std::int64_t patience = 0;
  /// Average the parameters of this many last validations at the end, and take the average if its
  /// validation loss is better than the best; below 2: no averaging.
  std::int64_t average_last = 0;
  std::int64_t checkpoint_every = 0;  ///< updates; 0: after each validation
  std::int64_t log_every = 50;        ///< updates between rows of train.csv

  /// Each batch is cut into this many pieces that are computed independently and summed in order.
  /// Results depend on it (by rounding and dropout masks).
  std::int64_t shards = 2;
  /// Threads; 0: one per processor. Results do not depend on it.
  std::int64_t workers = 0;
  Precision precision = Precision::fp32;
  std::uint64_t seed = 1;
};

/// Throws UsageError that names the key, its value and what is allowed.
void validate(const TrainingOptions& options);

}  // namespace seqlab
