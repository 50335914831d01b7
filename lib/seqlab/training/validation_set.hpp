#pragma once

// The validation corpus, whose batches the ranks share.

#include <vector>

#include "seqlab/data/batches.hpp"
#include "seqlab/models/sequence_model.hpp"
#include "seqlab/tensor/workers.hpp"
#include "seqlab/training/communicator.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

class ValidationSet {
 public:
  /// The communicator must outlive the object.
  ValidationSet(const Corpus& corpus, BatchOptions options, Communicator& communicator);

  /// The sums over all pairs, values of single sentences left out. Same bits for any number of
  /// threads and ranks.
  LossSum loss(const SequenceModel& model, Workers& workers) const;

 private:
  Communicator& communicator_;
  std::size_t batches_ = 0;  // of all ranks
  std::vector<Batch> own_;   // each rank takes one in turn
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
