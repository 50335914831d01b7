#pragma once

// Beam search (Graves 2012; Sutskever 2014) over a step model.
//
// Every step extends the live hypotheses of a sentence by one token and goes through the best
// 2 * beam extensions in the order of (log-probability, parent, token), so that `beam` live ones
// remain even if as many ended: those that end leave the beam for the pool of finished hypotheses,
// the others fill the next beam, until it is full. A sentence is done as soon as
//   - `beam` hypotheses have finished and the best of them scores no worse than the best live one
//     does now (a confident model fills the pool with improbable early endings, so their number
//     alone must not end the search), or
//   - the maximum length is reached, or
//   - the result cannot change any more: `nbest` have finished and the best live hypothesis would
//     not outrank them even if it became no less probable up to the maximum length, which bounds
//     its score, since log-probabilities fall and the length penalties grow with the length.
// A sentence that is done leaves the batch.

#include <vector>

#include "seqlab/decoding/options.hpp"
#include "seqlab/decoding/step_model.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Decodes the sources as one batch. Returns for each at least one and at most `nbest` hypotheses,
/// best score first, equals in the order in which they finished. Those that were cut at the
/// maximum length are returned only if none finished. No source may be empty.
std::vector<std::vector<Hypothesis>> beam_search(const StepModel& model,
                                                 const std::vector<const Sentence*>& sources,
                                                 const DecodingOptions& options);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
