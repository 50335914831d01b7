#pragma once

// Decoding of many sentences: batches of similar length, several threads.

#include <cstddef>
#include <functional>
#include <optional>
#include <vector>

#include "seqlab/decoding/options.hpp"
#include "seqlab/decoding/step_model.hpp"
#include "seqlab/tensor/bf16_products.hpp"
#include "seqlab/tensor/packed_weights.hpp"
#include "seqlab/tensor/workers.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Told how many of all sentences are done; by one thread at a time.
using DecodingProgress = std::function<void(std::size_t done, std::size_t total)>;

/// A model with its weights made ready for decoding, once for any number of calls: laid out for
/// products of few rows, or rounded to bf16.
class Translator {
 public:
  /// `model` must outlive the object, and its weights stay as they are.
  /// Throws UsageError on options out of range, and on bf16 where there are no such products.
  Translator(const StepModel& model, const DecodingOptions& options, Index threads);

  /// The hypotheses of each source, best first and at least one, in the order of the sources. An
  /// empty source has one empty hypothesis, without the model being asked. The search does not
  /// depend on how sentences are batched or on the number of threads; with precision = bf16 the
  /// products do, since those of a few sentences are too small for rounding to pay.
  std::vector<std::vector<Hypothesis>> translate(const std::vector<Sentence>& sources,
                                                 const DecodingProgress& progress = {});

 private:
  const StepModel& model_;
  DecodingOptions options_;
  Workers workers_;
  std::optional<RoundedParameters> rounded_;  // with bf16
  std::optional<PackedWeights> packed_;       // otherwise
};

/// What a Translator that is used once gives.
std::vector<std::vector<Hypothesis>> decode(const StepModel& model,
                                            const std::vector<Sentence>& sources,
                                            const DecodingOptions& options, Index threads,
                                            const DecodingProgress& progress = {});

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
