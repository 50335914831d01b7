#include "seqlab/training/options.hpp"

#include <cmath>
#include <string_view>

#include "seqlab/error.hpp"

namespace seqlab {
namespace {

template <typename T>
void require(bool valid, std::string_view key, T value, std::string_view allowed) {
  if (!valid) throw UsageError(fmt::format("{} = {}: expected {}", key, value, allowed));
}

void validate(const OptimizerOptions& o) {
  require(std::isfinite(o.learning_rate) && o.learning_rate > 0, "learning_rate", o.learning_rate,
          "a number above 0");
  require(o.beta1 >= 0 && o.beta1 < 1, "beta1", o.beta1, "a number in [0, 1)");
  require(o.beta2 >= 0 && o.beta2 < 1, "beta2", o.beta2, "a number in [0, 1)");
  require(std::isfinite(o.epsilon) && o.epsilon > 0, "epsilon", o.epsilon, "a number above 0");
  require(std::isfinite(o.weight_decay) && o.weight_decay >= 0, "weight_decay", o.weight_decay,
          "a number of at least 0");
  require(o.momentum >= 0 && o.momentum < 1, "momentum", o.momentum, "a number in [0, 1)");
}

void validate(const ScheduleOptions& o) {
  require(o.warmup >= 0, "warmup", o.warmup, "a number of updates, 0 for none");
  require(o.plateau_factor > 0 && o.plateau_factor < 1, "plateau_factor", o.plateau_factor,
          "a number in (0, 1)");
  require(o.plateau_patience >= 1, "plateau_patience", o.plateau_patience,
          "a number of validations of at least 1");
}

void validate(const TrainingLimits& o) {
  require(o.max_epochs >= 0, "max_epochs", o.max_epochs, "a number of epochs, 0 for no limit");
  require(o.max_updates >= 0, "max_updates", o.max_updates, "a number of updates, 0 for no limit");
  require(o.max_tokens >= 0, "max_tokens", o.max_tokens,
          "a number of target tokens, 0 for no limit");
  require(std::isfinite(o.max_minutes) && o.max_minutes >= 0, "max_minutes", o.max_minutes,
          "a number of minutes, 0 for no limit");
}

}  // namespace

void validate(const TrainingOptions& o) {
  validate(o.optimizer);
  validate(o.schedule);
  validate(o.limits);
  require(o.label_smoothing >= 0 && o.label_smoothing < 1, "label_smoothing", o.label_smoothing,
          "a number in [0, 1)");
  require(std::isfinite(o.clip_norm) && o.clip_norm >= 0, "clip_norm", o.clip_norm,
          "a number above 0, or 0 for no clipping");
  require(o.validate_every >= 0, "validate_every", o.validate_every,
          "a number of updates, 0 for the end of each epoch");
  require(o.patience >= 0, "patience", o.patience, "a number of validations, 0 for never");
  require(o.average_last >= 0, "average_last", o.average_last,
          "a number of validations, 0 for no averaging");
  require(o.checkpoint_every >= 0, "checkpoint_every", o.checkpoint_every,
          "a number of updates, 0 for after each validation");
  require(o.log_every >= 1, "log_every", o.log_every, "a number of updates of at least 1");
  require(o.shards >= 1 && o.shards <= 1024, "shards", o.shards, "a number from 1 to 1024");
  require(o.workers >= 0 && o.workers <= 1024, "workers", o.workers,
          "a number of threads from 1 to 1024, or 0 for one per processor");

  const TrainingLimits& limits = o.limits;
  const bool limited_by_work =
      limits.max_epochs > 0 || limits.max_updates > 0 || limits.max_tokens > 0;
  if (!limited_by_work && limits.max_minutes == 0) {
    throw UsageError(
        "training would never end: set one of max_epochs, max_updates, max_tokens and max_minutes");
  }
  if (!limited_by_work && o.schedule.schedule == ScheduleOptions::Kind::cosine) {
    throw UsageError(
        "schedule = cosine: its end must be known, and max_minutes alone would make the learning "
        "rate depend on the clock: set max_epochs, max_updates or max_tokens too");
  }
}

}  // namespace seqlab
