#pragma once

// Figures of an experiment. They are drawn from tables of numbers (TSV) alone, whether these were
// just made from runs or came with published results.

#include <filesystem>
#include <string>
#include <vector>

#include "seqlab/experiment/drawing.hpp"

namespace seqlab {

/// The figures of the tables NAME.tsv in `folder` (see figure_data.hpp; gradient_flow.tsv with
/// model, distance, norm, low and high as well, and pronoun.tsv of pronoun_figure_tsv), for which gnuplot scripts NAME.gp are written,
/// and of other scripts that are there already. `plots` is the folder with the drawings; `format`
/// is svg, png or pdf.
/// Throws RuntimeFailure if a table is damaged or writing fails.
std::vector<Figure> find_figures(const std::filesystem::path& folder,
                                 const std::filesystem::path& plots, const std::string& format);

}  // namespace seqlab
