#pragma once

// Teacher-forced scores of a corpus: what a model thinks of the references. They are in evaluation
// mode, without label smoothing, the same for every model.

#include <vector>

#include "seqlab/data/batches.hpp"
#include "seqlab/evaluation/length_buckets.hpp"
#include "seqlab/models/sequence_model.hpp"
#include "seqlab/tensor/workers.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// The sums over each batch. Same bits for any number of threads.
std::vector<LossSum> batch_losses(const SequenceModel& model, const std::vector<Batch>& batches,
                                  Workers& workers);

/// The sums over all batches; per-sentence values are in the order of the batches. Same bits for
/// any number of threads.
LossSum corpus_loss(const SequenceModel& model, const std::vector<Batch>& batches,
                    Workers& workers);

/// The sums over all pairs; per-sentence values are in the order of the corpus. They depend
/// neither on the number of threads nor, but for rounding, on the batches.
LossSum score_corpus(const SequenceModel& model, const Corpus& corpus, const BatchOptions& options,
                     Index threads);

/// The sums over the pairs of each bucket of source lengths (end marks do not count); per-sentence
/// values in the order of the corpus within a bucket.
std::vector<LossSum> score_by_length(const SequenceModel& model, const Corpus& corpus,
                                     const std::vector<LengthBucket>& buckets,
                                     const BatchOptions& options, Index threads);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
