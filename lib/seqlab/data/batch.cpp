#include "seqlab/data/batch.hpp"

#include <algorithm>
#include <utility>

#include "seqlab/error.hpp"

namespace seqlab {

namespace {

/// sentence(b) is the b-th of `count` sentences.
template <typename SentenceAt>
void fill(std::size_t count, SentenceAt&& sentence, bool begin, bool end, TokenBatch& result) {
  const Index marks = (begin ? 1 : 0) + (end ? 1 : 0);
  result.batch = static_cast<Index>(count);
  result.steps = 0;
  result.lengths.resize(count);
  for (std::size_t b = 0; b < count; ++b) {
    result.lengths[b] = std::max<Index>(1, static_cast<Index>(sentence(b).size()) + marks);
    result.steps = std::max(result.steps, result.lengths[b]);
  }
  result.tokens.assign(static_cast<std::size_t>(result.steps) * count, kPad);
  for (std::size_t b = 0; b < count; ++b) {
    std::size_t place = b;
    const auto put = [&](TokenId token) {
      result.tokens[place] = token;
      place += count;
    };
    if (begin) put(kBos);
    for (const TokenId token : sentence(b)) put(token);
    if (end || (sentence(b).empty() && !begin)) put(kEos);
  }
}

/// source(b) and target(b) are the b-th pair.
template <typename SourceAt, typename TargetAt>
void fill(SourceAt&& source, TargetAt&& target, Batch& batch) {
  const std::size_t count = batch.sentences.size();
  fill(count, source, false, true, batch.source);
  fill(count, target, true, false, batch.target_input);
  fill(count, target, false, true, batch.target_output);
  batch.target_tokens = 0;
  for (const Index length : batch.target_output.lengths) batch.target_tokens += length;
}

}  // namespace

TokenBatch make_token_batch(const std::vector<const Sentence*>& sentences, bool begin, bool end) {
  check(!sentences.empty(), "make_token_batch: no sentences");
  TokenBatch result;
  fill(
      sentences.size(), [&](std::size_t b) -> const Sentence& { return *sentences[b]; }, begin, end,
      result);
  return result;
}

void fill_batch(const std::vector<Sentence>& sources, const std::vector<Sentence>& targets,
                Batch& batch) {
  const auto of = [&batch](const std::vector<Sentence>& side) {
    return [&](std::size_t b) -> const Sentence& { return side[batch.sentences[b]]; };
  };
  fill(of(sources), of(targets), batch);
}

Batch make_batch(const std::vector<const Sentence*>& sources,
                 const std::vector<const Sentence*>& targets, std::vector<std::size_t> positions) {
  check(sources.size() == targets.size() && sources.size() == positions.size(),
        "make_batch: {} sources, {} targets and {} positions", sources.size(), targets.size(),
        positions.size());
  const auto of = [](const std::vector<const Sentence*>& side) {
    return [&side](std::size_t b) -> const Sentence& { return *side[b]; };
  };
  Batch result;
  result.sentences = std::move(positions);
  fill(of(sources), of(targets), result);
  return result;
}

}  // namespace seqlab
