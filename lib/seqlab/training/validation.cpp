#include "seqlab/training/validation.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

LossSum corpus_loss(const SequenceModel& model, const std::vector<Batch>& batches,
                    Workers& workers) {
  std::vector<LossSum> sums(batches.size());
  workers.run(static_cast<Index>(batches.size()), [&](Index i) {
    const auto index = static_cast<std::size_t>(i);
    Tape tape(model.parameters().values());
    sums[index] = model.loss(tape, batches[index], {});
  });
  LossSum total;
  for (const LossSum& sum : sums) total += sum;
  return total;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
