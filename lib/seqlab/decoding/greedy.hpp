#pragma once

// Greedy search: the most probable token at every step.

#include <vector>

#include "seqlab/decoding/options.hpp"
#include "seqlab/decoding/step_model.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Decodes the sources as one batch; sentences that ended leave it. `beam` and `nbest` are not
/// looked at. No source may be empty.
std::vector<Hypothesis> greedy_search(const StepModel& model,
                                      const std::vector<const Sentence*>& sources,
                                      const DecodingOptions& options);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
