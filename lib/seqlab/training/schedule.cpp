#include "seqlab/training/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace seqlab {
namespace {

double cosine_factor(double done, double warmup, double fraction_done) {
  if (fraction_done <= 0) return 1.0;
  const double total = done / fraction_done;
  if (done <= warmup || total <= warmup) return 1.0;
  const double progress = std::min((done - warmup) / (total - warmup), 1.0);
  return 0.5 * (1.0 + std::cos(std::numbers::pi * progress));
}

}  // namespace

double Schedule::learning_rate(std::int64_t update, double fraction_done) const {
  const double u = static_cast<double>(update);
  const double warmup = static_cast<double>(options_.warmup);
  const double rate = u < warmup ? peak_ * u / warmup : peak_;
  switch (options_.schedule) {
    case ScheduleOptions::Kind::constant:
      return rate;
    case ScheduleOptions::Kind::inverse_sqrt: {
      const double start = std::max(warmup, 1.0);
      return u > start ? rate * std::sqrt(start / u) : rate;
    }
    case ScheduleOptions::Kind::plateau:
      return rate * state_.factor;
    case ScheduleOptions::Kind::cosine:
      return rate * cosine_factor(u - 1, warmup, fraction_done);
  }
  return rate;
}

void Schedule::validated(double loss) {
  if (options_.schedule != ScheduleOptions::Kind::plateau) return;
  if (loss < state_.best_loss) {
    state_.best_loss = loss;
    state_.without_improvement = 0;
  } else if (++state_.without_improvement >= options_.plateau_patience) {
    state_.factor *= options_.plateau_factor;
    state_.without_improvement = 0;
  }
}

}  // namespace seqlab
