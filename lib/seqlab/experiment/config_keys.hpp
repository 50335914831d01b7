#pragma once

// The keys of each section of an experiment file.

#include "seqlab/experiment/config_key.hpp"
#include "seqlab/experiment/experiment.hpp"

namespace seqlab {

const Keys<ExperimentOptions>& experiment_keys();
const Keys<DataOptions>& data_keys();
/// Whether this key of [data] is the name of a file.
bool names_file(const std::string& data_key);
/// The keys of [model] that say what all models have the same amount of.
const Keys<BudgetOptions>& budget_keys();
/// The others, without `family`, which says where the options begin.
const Keys<ModelOptions>& model_keys();
const Keys<TrainingOptions>& training_keys();
const Keys<DecodingOptions>& decoding_keys();
const Keys<EvaluationOptions>& evaluation_keys();

}  // namespace seqlab
