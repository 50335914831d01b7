#pragma once

// Which models differ from the baseline of an experiment: paired tests on the test set, corrected
// for the number of models (see evaluation/significance.hpp).

#include <string>
#include <vector>

#include "seqlab/evaluation/estimate.hpp"
#include "seqlab/experiment/results.hpp"

namespace seqlab {

/// p-values after Holm's correction over all models; NaN for the baseline itself.
struct Difference {
  double bootstrap = Estimate::kUnknown;
  double randomisation = Estimate::kUnknown;
};

/// One for each model, by its main measure, BLEU or exact match; a sentence is drawn with the
/// outputs of all seeds. Throws std::logic_error if there is no such model or measure, and
/// RuntimeFailure if a run's translations.txt or references.txt is missing or damaged.
std::vector<Difference> differences_to(const std::string& baseline,
                                       const std::vector<ModelResults>& models);

/// What an experiment's models are judged by, from what their tests hold.
enum class MainMeasure {
  bleu,
  exact_match,    ///< synthetic tasks: only the whole answer counts
  bits_per_byte,  ///< language models: there are no translations, nothing to test differences on
};

MainMeasure main_measure(const std::vector<ModelResults>& models);

}  // namespace seqlab
