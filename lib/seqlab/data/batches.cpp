#include "seqlab/data/batches.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "seqlab/error.hpp"
#include "seqlab/tensor/random.hpp"

namespace seqlab {
namespace {

using Positions = std::vector<std::size_t>;

/// Pairs that are sorted together. Large, because padding on the source side shrinks with it.
constexpr std::size_t kWindow = std::size_t{1} << 17;

void check_options(const BatchOptions& options) {
  if (options.sentences < 0 || (options.sentences == 0 && options.tokens < 1)) {
    throw UsageError(fmt::format(
        "batches of {} tokens or {} sentences: expected at least 1 token, or at least 1 sentence",
        options.tokens, options.sentences));
  }
}

Index longer_side(const Corpus& corpus, std::size_t pair) {
  return static_cast<Index>(std::max(corpus.source[pair].size(), corpus.target[pair].size())) + 1;
}

/// Which lengths are sorted by first, and how finely.
struct LengthOrder {
  const std::vector<Sentence>& first;
  const std::vector<Sentence>& second;
  Index bucket = 1;

  /// The second side's direction alternates, so that a batch that spans two buckets of the first
  /// does not join the extremes of the second.
  std::pair<Index, Index> key(std::size_t pair) const {
    const Index coarse = static_cast<Index>(first[pair].size()) / bucket;
    const auto fine = static_cast<Index>(second[pair].size());
    return {coarse, coarse % 2 == 0 ? fine : -fine};
  }

  /// Shortest first; equal ones stay in their order.
  void sort(std::span<std::size_t> pairs) const {
    std::vector<std::pair<std::pair<Index, Index>, std::size_t>> keyed;
    keyed.reserve(pairs.size());
    for (const std::size_t pair : pairs) keyed.emplace_back(key(pair), pair);
    std::stable_sort(keyed.begin(), keyed.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    std::transform(keyed.begin(), keyed.end(), pairs.begin(),
                   [](const auto& entry) { return entry.second; });
  }
};

/// Cuts sorted pairs into batches, in order.
void cut(const Corpus& corpus, const BatchOptions& options, std::span<const std::size_t> pairs,
         std::vector<Positions>& batches) {
  Positions batch;
  Index steps = 0;
  for (const std::size_t pair : pairs) {
    const Index steps_with = std::max(steps, longer_side(corpus, pair));
    const auto size_with = static_cast<Index>(batch.size()) + 1;
    const bool full = options.sentences > 0 ? size_with > options.sentences
                                            : size_with * steps_with > options.tokens;
    if (full && !batch.empty()) {
      batches.push_back(std::exchange(batch, {}));
      steps = 0;
    }
    batch.push_back(pair);
    steps = std::max(steps, longer_side(corpus, pair));
  }
  if (!batch.empty()) batches.push_back(std::move(batch));
}

double padding_share_of(const Corpus& corpus, const std::vector<Positions>& batches) {
  std::size_t positions = 0;
  std::size_t used = 0;
  for (const Positions& pairs : batches) {
    std::size_t source_steps = 0;
    std::size_t target_steps = 0;
    for (const std::size_t pair : pairs) {
      const std::size_t source = corpus.source[pair].size() + 1;
      const std::size_t target = corpus.target[pair].size() + 1;
      used += source + target;
      source_steps = std::max(source_steps, source);
      target_steps = std::max(target_steps, target);
    }
    positions += pairs.size() * (source_steps + target_steps);
  }
  return 1.0 - static_cast<double>(used) / static_cast<double>(positions);
}

Positions all_pairs(const Corpus& corpus, std::size_t stride = 1) {
  Positions pairs;
  for (std::size_t i = 0; i < corpus.size(); i += stride) pairs.push_back(i);
  return pairs;
}

/// The bucket width that gives the least padding. Exact sorting by the first side is best where
/// many pairs share a length; otherwise coarser buckets leave less padding on the second side.
Index best_bucket(const Corpus& corpus, const BatchOptions& options, LengthOrder order) {
  Positions pairs = all_pairs(corpus, corpus.size() / kWindow + 1);
  Index best = 1;
  double least = 1.0;
  for (const Index bucket : {1, 2, 3, 4, 6, 8}) {
    order.bucket = bucket;
    order.sort(pairs);
    std::vector<Positions> batches;
    cut(corpus, options, pairs, batches);
    const double share = padding_share_of(corpus, batches);
    if (share < least) {
      least = share;
      best = bucket;
    }
  }
  return best;
}

void gather(const Corpus& corpus, const Positions& pairs, Batch& batch) {
  batch.sentences = pairs;
  fill_batch(corpus.source, corpus.target, batch);
}

}  // namespace

Batches::Batches(const Corpus& corpus, BatchOptions options, std::uint64_t seed)
    : corpus_(corpus), options_(options), seed_(seed) {
  check(corpus.size() > 0, "Batches: the corpus is empty");
  check_options(options);
  bucket_ = best_bucket(corpus, options, {corpus.target, corpus.source});
}

const Batches::Plan& Batches::plan(std::uint64_t epoch) const {
  if (!plan_.empty() && planned_epoch_ == epoch) return plan_;
  Random random(seed_, "shuffle", epoch);
  Positions pairs = all_pairs(corpus_);
  random.shuffle(std::span(pairs));

  const LengthOrder order{corpus_.target, corpus_.source, bucket_};
  Plan batches;
  const std::size_t windows = (pairs.size() + kWindow - 1) / kWindow;
  for (std::size_t w = 0; w < windows; ++w) {
    const std::size_t begin = pairs.size() * w / windows;
    const std::size_t end = pairs.size() * (w + 1) / windows;
    const std::span<std::size_t> window = std::span(pairs).subspan(begin, end - begin);
    order.sort(window);
    cut(corpus_, options_, window, batches);
  }
  random.shuffle(std::span(batches));
  plan_ = std::move(batches);
  planned_epoch_ = epoch;
  return plan_;
}

std::size_t Batches::per_epoch(std::uint64_t epoch) const { return plan(epoch).size(); }

Batch Batches::batch(std::uint64_t epoch, std::size_t index) const {
  Batch result;
  read(epoch, index, result);
  return result;
}

void Batches::read(std::uint64_t epoch, std::size_t index, Batch& batch) const {
  const Plan& batches = plan(epoch);
  check(index < batches.size(), "Batches: batch {} of {}", index, batches.size());
  gather(corpus_, batches[index], batch);
}

double Batches::padding_share(std::uint64_t epoch) const {
  return padding_share_of(corpus_, plan(epoch));
}

std::vector<Batch> ordered_batches(const Corpus& corpus, BatchOptions options) {
  check_options(options);
  if (corpus.size() == 0) return {};
  LengthOrder order{corpus.source, corpus.target};
  order.bucket = best_bucket(corpus, options, order);
  Positions pairs = all_pairs(corpus);
  order.sort(pairs);
  std::reverse(pairs.begin(), pairs.end());
  std::vector<Positions> batches;
  cut(corpus, options, pairs, batches);
  std::vector<Batch> result;
  for (const Positions& batch : batches) gather(corpus, batch, result.emplace_back());
  return result;
}

}  // namespace seqlab
