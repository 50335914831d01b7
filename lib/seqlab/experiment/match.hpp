#pragma once

// Fair comparisons: widths that give all models the same number of parameters, or the same number
// of floating-point operations in training.
//
// The width is the one that comes nearest to the budget; where a Transformer's heads leave gaps of
// several per cent between widths, the inner width of its feed-forward layers fills them.

#include <map>
#include <string>

#include "seqlab/data/corpus.hpp"
#include "seqlab/experiment/experiment.hpp"
#include "seqlab/experiment/manifest.hpp"
#include "seqlab/models/registry.hpp"

namespace seqlab {

/// Every matched model must come this near to its budget.
inline constexpr double kMatchTolerance = 0.01;

/// What models of an experiment can be measured with, without training them.
struct TrainingSample {
  VocabularySizes sizes;
  Corpus pairs;  ///< the training text
};

/// Trains the tokenizers.
TrainingSample load_training_sample(const DataOptions& data);

/// One sample for all models that have the same training text, so that tokenizers are trained once.
class TrainingSamples {
 public:
  const TrainingSample& of(const DataOptions& data) const;

 private:
  mutable std::map<std::string, TrainingSample> samples_;  // by data section
};

/// Floating-point operations of the products in training, padding included, a target token: those of
/// some batches of the first epoch.
double training_flops_per_token(const ModelOptions& options, const BatchOptions& batches,
                                const TrainingSample& sample);

/// Sets the widths of all models if the experiment's budget asks for it. Throws UsageError if a
/// model cannot come within the tolerance, or if operations cannot be foreseen since a model's
/// training has no max_tokens.
void match_widths(Experiment& experiment, const TrainingSamples& samples = {});

/// A line for each model: width, parameters by their job, operations a token, and how far it is
/// from the budget.
std::string size_report(const Experiment& experiment, const TrainingSamples& samples = {});

}  // namespace seqlab
