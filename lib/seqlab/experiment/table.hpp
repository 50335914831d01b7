#pragma once

// Tables of an experiment's results: a row a model, means and 95 % intervals over seeds.

#include <filesystem>
#include <string>
#include <vector>

#include "seqlab/experiment/results.hpp"

namespace seqlab {

enum class TableFormat { markdown, latex, csv };

enum class TablePart {
  /// Perplexity, BLEU, chrF, exact match, the shortest and the longest bucket, significance. The
  /// same runs give the same bytes, whenever and wherever they were run.
  quality,
  /// Parameters, training FLOPs, updates, and what was measured: tokens/s, decoding time, memory.
  cost,
};

/// `baseline` names the model that the others are tested against, or is empty. A baseline without
/// a finished run is told in the caption.
/// Throws RuntimeFailure if a file of a run is missing or damaged.
std::string make_table(const std::vector<ModelResults>& models, TableFormat format,
                       const std::vector<TablePart>& parts, const std::string& baseline);

/// Writes table.md, table.tex and table.csv (quality) and table-cost.md, .tex and .csv into the
/// folder of the experiment.
void write_tables(const std::vector<ModelResults>& models, const std::filesystem::path& folder,
                  const std::string& baseline);

}  // namespace seqlab
