#pragma once

// The teacher-forced loss of a corpus in evaluation mode: no dropout, no label smoothing.

#include <vector>

#include "seqlab/models/sequence_model.hpp"
#include "seqlab/training/workers.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Sums over all batches; sentences in the order of the batches. Same bits for any number of
/// threads.
LossSum corpus_loss(const SequenceModel& model, const std::vector<Batch>& batches,
                    Workers& workers);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
