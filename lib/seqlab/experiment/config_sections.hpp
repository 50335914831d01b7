#pragma once

// The sections of an experiment file that say what is learned from and by whom.

#include "seqlab/experiment/experiment.hpp"

namespace seqlab {

/// [data]. Throws UsageError with file and line on what is unknown, missing or contradictory.
DataOptions read_data(const ConfigText& text, const std::filesystem::path& file);

/// All models in the order of `options.models`, or else of their sections, and each with all values
/// of the keys that are swept for it. Sections of models that are not among them are checked as
/// well. Throws UsageError as above.
std::vector<NamedModel> read_models(const ConfigText& text, const ExperimentOptions& options,
                                    const std::filesystem::path& file);

}  // namespace seqlab
