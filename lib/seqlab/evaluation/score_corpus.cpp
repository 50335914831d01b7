#include "seqlab/evaluation/score_corpus.hpp"

#include <algorithm>

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

template <typename T>
std::vector<T> in_corpus_order(const std::vector<T>& values, const std::vector<Batch>& batches) {
  std::vector<T> ordered(values.size());
  std::size_t i = 0;
  for (const Batch& batch : batches) {
    for (const std::size_t sentence : batch.sentences) ordered[sentence] = values[i++];
  }
  return ordered;
}

}  // namespace

std::vector<LossSum> batch_losses(const SequenceModel& model, const std::vector<Batch>& batches,
                                  Workers& workers) {
  std::vector<LossSum> sums(batches.size());
  workers.run(static_cast<Index>(batches.size()), [&](Index i) {
    const auto index = static_cast<std::size_t>(i);
    Tape tape(model.parameters().values());
    sums[index] = model.loss(tape, batches[index], {});
  });
  return sums;
}

LossSum corpus_loss(const SequenceModel& model, const std::vector<Batch>& batches,
                    Workers& workers) {
  LossSum total;
  for (const LossSum& sum : batch_losses(model, batches, workers)) total += sum;
  return total;
}

LossSum score_corpus(const SequenceModel& model, const Corpus& corpus, const BatchOptions& options,
                     Index threads) {
  if (corpus.size() == 0) return {};
  const std::vector<Batch> batches = ordered_batches(corpus, options);
  Workers workers(
      std::clamp<Index>(static_cast<Index>(batches.size()), 1, std::max<Index>(1, threads)));
  LossSum total = corpus_loss(model, batches, workers);
  total.sentence_nll = in_corpus_order(total.sentence_nll, batches);
  total.sentence_correct = in_corpus_order(total.sentence_correct, batches);
  return total;
}

std::vector<LossSum> score_by_length(const SequenceModel& model, const Corpus& corpus,
                                     const std::vector<LengthBucket>& buckets,
                                     const BatchOptions& options, Index threads) {
  std::vector<Corpus> parts(buckets.size());
  for (std::size_t i = 0; i < corpus.size(); ++i) {
    Corpus& part = parts[find_bucket(buckets, static_cast<Index>(corpus.source[i].size()))];
    part.source.push_back(corpus.source[i]);
    part.target.push_back(corpus.target[i]);
    part.line.push_back(corpus.line[i]);
  }
  std::vector<LossSum> sums;
  for (const Corpus& part : parts) sums.push_back(score_corpus(model, part, options, threads));
  return sums;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
