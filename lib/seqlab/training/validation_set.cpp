#include "seqlab/training/validation_set.hpp"

#include <utility>

#include "seqlab/evaluation/score_corpus.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

ValidationSet::ValidationSet(const Corpus& corpus, BatchOptions options, Communicator& communicator)
    : communicator_(communicator) {
  std::vector<Batch> batches = ordered_batches(corpus, options);
  batches_ = batches.size();
  for (auto i = static_cast<std::size_t>(communicator.rank()); i < batches_;
       i += static_cast<std::size_t>(communicator.size())) {
    own_.push_back(std::move(batches[i]));
  }
}

LossSum ValidationSet::loss(const SequenceModel& model, Workers& workers) const {
  std::vector<LossSum> all(batches_);
  auto place = static_cast<std::size_t>(communicator_.rank());
  for (LossSum& sum : batch_losses(model, own_, workers)) {
    all[place] = std::move(sum);
    place += static_cast<std::size_t>(communicator_.size());
  }
  return total_loss(all, communicator_);
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
