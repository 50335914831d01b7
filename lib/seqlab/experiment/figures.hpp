#pragma once

// Figures of an experiment.

#include <filesystem>
#include <string>
#include <vector>

#include "seqlab/experiment/drawing.hpp"
#include "seqlab/experiment/results.hpp"

namespace seqlab {

/// Writes data and scripts into `folder`, which is made if missing. `plots` is the folder with the
/// drawings; `format` is svg, png or pdf. Throws RuntimeFailure if writing fails.
std::vector<Figure> write_figures(const std::vector<ModelResults>& models,
                                  const std::filesystem::path& folder,
                                  const std::filesystem::path& plots, const std::string& format);

}  // namespace seqlab
