#include "seqlab/data/batch.hpp"

#include <algorithm>
#include <utility>

#include "seqlab/error.hpp"

namespace seqlab {

TokenBatch make_token_batch(const std::vector<const Sentence*>& sentences, bool begin, bool end) {
  check(!sentences.empty(), "make_token_batch: no sentences");
  const Index marks = (begin ? 1 : 0) + (end ? 1 : 0);
  TokenBatch result;
  result.batch = static_cast<Index>(sentences.size());
  for (const Sentence* sentence : sentences) {
    result.lengths.push_back(std::max<Index>(1, static_cast<Index>(sentence->size()) + marks));
  }
  result.steps = *std::max_element(result.lengths.begin(), result.lengths.end());
  result.tokens.assign(static_cast<std::size_t>(result.steps * result.batch), kPad);
  for (std::size_t b = 0; b < sentences.size(); ++b) {
    std::size_t place = b;
    const auto put = [&](TokenId token) {
      result.tokens[place] = token;
      place += sentences.size();
    };
    if (begin) put(kBos);
    for (const TokenId token : *sentences[b]) put(token);
    if (end || (sentences[b]->empty() && !begin)) put(kEos);
  }
  return result;
}

Batch make_batch(const std::vector<const Sentence*>& sources,
                 const std::vector<const Sentence*>& targets, std::vector<std::size_t> positions) {
  check(sources.size() == targets.size() && sources.size() == positions.size(),
        "make_batch: {} sources, {} targets and {} positions", sources.size(), targets.size(),
        positions.size());
  Batch result;
  result.source = make_token_batch(sources, false, true);
  result.target_input = make_token_batch(targets, true, false);
  result.target_output = make_token_batch(targets, false, true);
  result.sentences = std::move(positions);
  for (const Index length : result.target_output.lengths) result.target_tokens += length;
  return result;
}

}  // namespace seqlab
