#pragma once

// A table of an experiment's results: a row a model, means over seeds.

#include <string>
#include <vector>

#include "seqlab/experiment/results.hpp"

namespace seqlab {

enum class TableFormat { markdown, csv };

/// Columns: runs, parameters, training speed, perplexity, BLEU, chrF, exact match, length ratio,
/// and by source length: BLEU, or exact match for synthetic tasks. Markdown has a caption with
/// what the numbers depend on.
std::string make_table(const std::vector<ModelResults>& models, TableFormat format);

}  // namespace seqlab
