#pragma once

// The part of `seqlab run` for experiments with task = pronoun, which train many tiny models in
// one process within a minute.

#include <filesystem>

#include "seqlab/experiment/pronoun_experiment.hpp"

namespace seqlab {

/// Runs all of it, prints the tables and writes them with their numbers into `folder`: table.md,
/// accuracy.csv, story.csv.
void run_pronoun(const PronounExperiment& experiment, const std::filesystem::path& folder);

}  // namespace seqlab
