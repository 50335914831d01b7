#include "seqlab/evaluation/gradient_flow.hpp"

#include <algorithm>
#include <cmath>

#include "seqlab/error.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
namespace {

/// A gradient that underflowed still has a logarithm.
constexpr double kSmallest = 1e-38;

double log_of(double value) { return std::log(std::max(value, kSmallest)); }

}  // namespace

void GradientFlowSums::add(const std::vector<StateGradient>& sentence) {
  double total = 0;
  for (const StateGradient& gradient : sentence) total += gradient.norm;
  for (const StateGradient& gradient : sentence) {
    auto place =
        std::lower_bound(logs_.begin(), logs_.end(), gradient.distance,
                         [](const Logs& logs, Index distance) { return logs.distance < distance; });
    if (place == logs_.end() || place->distance != gradient.distance) {
      Logs fresh;
      fresh.distance = gradient.distance;
      place = logs_.insert(place, fresh);
    }
    const double log_norm = log_of(gradient.norm);
    ++place->count;
    place->norm += log_norm;
    place->norm_square += log_norm * log_norm;
    place->share += log_norm - log_of(total);
  }
}

std::vector<GradientFlow> GradientFlowSums::means(Index least) const {
  std::vector<GradientFlow> flows;
  for (const Logs& logs : logs_) {
    if (logs.count < least) continue;
    const auto count = static_cast<double>(logs.count);
    const double mean = logs.norm / count;
    const double variance = std::max(0.0, logs.norm_square / count - mean * mean);
    flows.push_back({logs.distance, logs.count, std::exp(mean), std::exp(std::sqrt(variance)),
                     std::exp(logs.share / count)});
  }
  return flows;
}

inline namespace SEQLAB_PRECISION {

std::vector<StateGradient> state_gradients(const SequenceModel& model, const Sentence& source,
                                           const Sentence& target, TargetWord word) {
  check(!source.empty() && !target.empty(), "state gradients: an empty sentence");
  const std::size_t place = word == TargetWord::first ? 0 : target.size() - 1;
  Batch batch = make_batch({&source}, {&target}, {0});
  // Only this word is left in the loss.
  for (std::size_t i = 0; i < batch.target_output.tokens.size(); ++i) {
    if (i != place) batch.target_output.tokens[i] = kPad;
  }
  FlatBuffer gradients(model.parameters().values().size(), Real(0));
  Random random(1, "unused");
  Tape tape(model.parameters().values(), gradients, &random);
  std::vector<ShownResult> shown;
  tape.show_to(&shown);
  model.loss(tape, batch, {});
  tape.backward();

  const Index steps = batch.source.steps;
  std::vector<double> squares;
  for (const ShownResult& result : shown) {
    if (result.name != "encoder.states" || result.gradient.size() == 0) continue;
    squares.resize(static_cast<std::size_t>(steps), 0.0);
    check(rows(result.gradient) == steps, "state gradients: {} rows for {} positions",
          rows(result.gradient), steps);
    for (Index t = 0; t < steps; ++t) {
      const Real* row = ref(result.gradient).row(t);
      for (Index c = 0; c < cols(result.gradient); ++c) {
        squares[static_cast<std::size_t>(t)] += static_cast<double>(row[c]) * row[c];
      }
    }
  }
  std::vector<StateGradient> norms;
  for (const double square : squares) {
    const auto t = static_cast<Index>(norms.size());
    norms.push_back({steps - t + static_cast<Index>(place), std::sqrt(square)});
  }
  return norms;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
