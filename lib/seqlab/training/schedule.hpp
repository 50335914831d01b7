#pragma once

// Learning rates. With w = warmup and peak p, update u = 1, 2, ... has the rate
//   p * min(1, u / w) * f,   where f is
//   constant:      1
//   inverse_sqrt:  sqrt(w / u) for u > w, else 1   (w = 1 if there is no warm-up)
//   plateau:       plateau_factor ^ (number of reductions so far)
//   cosine:        (1 + cos(pi * (u - 1 - w) / (U - w))) / 2 for u > w, else 1
// where U is the number of updates of the whole run. When a run is limited by tokens or epochs, U
// is estimated from the part of the run that is done: U = (u - 1) / fraction_done.

#include <cstdint>
#include <limits>

#include "seqlab/training/options.hpp"

namespace seqlab {

/// What a schedule remembers between updates; only `plateau` changes it.
struct ScheduleState {
  double factor = 1.0;  ///< product of the reductions so far
  double best_loss = std::numeric_limits<double>::infinity();
  std::int64_t without_improvement = 0;  ///< validations in a row

  bool operator==(const ScheduleState&) const = default;
};

class Schedule {
 public:
  Schedule(const ScheduleOptions& options, double peak) : options_(options), peak_(peak) {}

  /// The rate of update `update` (from 1). `fraction_done` is the part of the run, in [0, 1],
  /// that lies before it; only `cosine` looks at it.
  double learning_rate(std::int64_t update, double fraction_done) const;

  /// Tells the loss of a validation.
  void validated(double loss);

  const ScheduleState& state() const { return state_; }
  void restore(const ScheduleState& state) { state_ = state; }

 private:
  ScheduleOptions options_;
  double peak_;
  ScheduleState state_;
};

}  // namespace seqlab
