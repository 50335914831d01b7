#pragma once

// Numbers stand side by side only if they come from the same test text, in the same tokens, by the
// same search and the same measures.

#include <vector>

#include "seqlab/experiment/results.hpp"

namespace seqlab {

/// Throws RuntimeFailure that names two runs and what is different between them: test texts,
/// tasks, tokenizers (settings or learned vocabulary), settings of the search or of the
/// measures. Baselines have neither vocabulary nor search.
void check_comparable(const std::vector<RunResult>& runs);

}  // namespace seqlab
