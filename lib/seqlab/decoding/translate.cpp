#include "seqlab/decoding/translate.hpp"

#include <algorithm>
#include <mutex>

#include "seqlab/decoding/beam_search.hpp"
#include "seqlab/decoding/greedy.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

// Longest first: the last batches, for which other threads wait, are the quick ones.
std::vector<std::size_t> by_decreasing_length(const std::vector<Sentence>& sources) {
  std::vector<std::size_t> order;
  for (std::size_t s = 0; s < sources.size(); ++s) {
    if (!sources[s].empty()) order.push_back(s);
  }
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return sources[a].size() > sources[b].size();
  });
  return order;
}

std::vector<std::vector<Hypothesis>> decode_batch(const StepModel& model,
                                                  const std::vector<const Sentence*>& sources,
                                                  const DecodingOptions& options) {
  if (options.beam > 1) return beam_search(model, sources, options);
  std::vector<std::vector<Hypothesis>> results;
  for (Hypothesis& hypothesis : greedy_search(model, sources, options)) {
    results.emplace_back().push_back(std::move(hypothesis));
  }
  return results;
}

}  // namespace

Translator::Translator(const StepModel& model, const DecodingOptions& options, Index threads)
    : model_(model), options_(options), workers_(std::max<Index>(1, threads)) {
  validate(options);
  if (options.precision == Precision::bf16) {
    require_bf16_products();
    rounded_.emplace(model.weights()).update(workers_);
  } else {
    packed_.emplace(model.weights());
  }
}

std::vector<std::vector<Hypothesis>> Translator::translate(const std::vector<Sentence>& sources,
                                                           const DecodingProgress& progress) {
  const std::vector<std::size_t> order = by_decreasing_length(sources);
  std::vector<std::vector<Hypothesis>> results(sources.size(), std::vector<Hypothesis>(1));
  // No thread is left without work because a batch could have been fuller.
  const auto shares = static_cast<std::size_t>(workers_.threads());
  const std::size_t share = std::max<std::size_t>(1, (order.size() + shares - 1) / shares);
  const std::size_t batch = std::min(static_cast<std::size_t>(options_.batch_sentences), share);
  const auto tasks = static_cast<Index>((order.size() + batch - 1) / batch);
  std::mutex mutex;
  std::size_t done = sources.size() - order.size();
  workers_.run(tasks, [&](Index task) {
    const Bf16Products products(rounded_ ? &*rounded_ : nullptr);
    const PackedProducts packed_products(packed_ ? &*packed_ : nullptr);
    const std::size_t begin = static_cast<std::size_t>(task) * batch;
    const std::size_t end = std::min(order.size(), begin + batch);
    std::vector<const Sentence*> batch_sources;
    for (std::size_t i = begin; i < end; ++i) batch_sources.push_back(&sources[order[i]]);
    std::vector<std::vector<Hypothesis>> found = decode_batch(model_, batch_sources, options_);
    for (std::size_t i = begin; i < end; ++i) results[order[i]] = std::move(found[i - begin]);
    const std::lock_guard lock(mutex);
    done += end - begin;
    if (progress) progress(done, sources.size());
  });
  return results;
}

std::vector<std::vector<Hypothesis>> decode(const StepModel& model,
                                            const std::vector<Sentence>& sources,
                                            const DecodingOptions& options, Index threads,
                                            const DecodingProgress& progress) {
  return Translator(model, options, threads).translate(sources, progress);
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
