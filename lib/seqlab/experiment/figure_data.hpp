#pragma once

// The numbers of an experiment's figures, as tables (TSV) that stand for themselves: they can be
// drawn again without the runs, and read by any other program. A model's columns are called
// MODEL:MEASURE and MODEL:MEASURE_ci, the half width of the 95 % confidence interval over seeds; a
// floor's model is "NAME (floor)". What is unknown is NaN.

#include <map>
#include <string>
#include <vector>

#include "seqlab/experiment/results.hpp"

namespace seqlab {

/// Tables by the names of their figures. Figures that need what the runs do not have are left out:
///
///   bleu_by_length   experiment, train_low, train_high (training lengths, 0 for no limit), low,
///                    high, middle, label, sentences; for each model bleu and ratio (of lengths)
///   exact_by_length  the same for synthetic tasks, with exact (percent) instead
///   learning         experiment, update; for each model perplexity, on the validation text
///   quality_cost     a row for each model: experiment, model, measure, score, score_ci,
///                    training_flops, parameters; measure is the main one (see differences.hpp)
///   capacity         for models of synthetic tasks that differ in width only: experiment, width; for each series of
///                    models longest, the longest source of which kSolved percent are right
///                    together with all shorter ones
std::map<std::string, std::string> figure_data(const std::vector<ModelResults>& models);

/// A bucket of lengths counts as solved from this share of exact matches on, in percent.
inline constexpr double kSolved = 90;

}  // namespace seqlab
