#pragma once

// Figures of an experiment: for each one a TSV file with the numbers and a gnuplot script beside
// it, which loads the drawing from plots/*.gp, so that it can be drawn again or restyled alone.

#include <filesystem>
#include <string>
#include <vector>

#include "seqlab/experiment/results.hpp"

namespace seqlab {

struct Figure {
  std::filesystem::path script;
  std::filesystem::path image;
};

/// Writes data and scripts into `folder`, which is made if missing. `plots` is the folder with the
/// drawings; `format` is svg, png or pdf. Throws RuntimeFailure if writing fails.
std::vector<Figure> write_figures(const std::vector<ModelResults>& models,
                                  const std::filesystem::path& folder,
                                  const std::filesystem::path& plots, const std::string& format);

}  // namespace seqlab
