#include "seqlab/decoding/greedy.hpp"

#include <limits>
#include <numeric>

#include "seqlab/decoding/attention_row.hpp"
#include "seqlab/decoding/candidates.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

std::vector<Hypothesis> greedy_search(const StepModel& model,
                                      const std::vector<const Sentence*>& sources,
                                      const DecodingOptions& options) {
  Hypothesis empty;
  if (!options.scores) empty.log_probability = std::numeric_limits<double>::quiet_NaN();
  std::vector<Hypothesis> hypotheses(sources.size(), empty);
  DecoderState state = model.start(make_token_batch(sources, /*begin=*/false, /*end=*/true));
  std::vector<std::size_t> live(sources.size());  // the sentence of each row
  std::iota(live.begin(), live.end(), std::size_t{0});
  std::vector<TokenId> last(sources.size(), kBos);
  LogitRow logits;
  for (Index length = 1; !live.empty(); ++length) {
    const StepOutput output = model.step(last, state);
    const bool keep_attention = options.attention && output.attention.size() != 0;
    std::vector<Index> kept;
    std::vector<std::size_t> still_live;
    last.clear();
    for (std::size_t r = 0; r < live.size(); ++r) {
      const Index row = static_cast<Index>(r);
      Hypothesis& hypothesis = hypotheses[live[r]];
      logits.read(ref(output.logits).row(row), model.target_vocabulary());
      const TokenId token = logits.best_token();
      if (options.scores) hypothesis.log_probability += logits.log_probability(token);
      hypothesis.length = length;
      if (keep_attention) hypothesis.attention.push_back(attention_row(output, row, state));
      hypothesis.finished = token == kEos;
      if (hypothesis.finished) continue;
      hypothesis.tokens.push_back(token);
      const auto source_tokens = static_cast<Index>(sources[live[r]]->size());
      if (length == max_target_length(model, options, source_tokens)) continue;
      kept.push_back(row);
      still_live.push_back(live[r]);
      last.push_back(token);
    }
    live = std::move(still_live);
    state.select_rows(kept);
  }
  for (Hypothesis& hypothesis : hypotheses) {
    hypothesis.score = length_penalised(hypothesis.log_probability, hypothesis.length, options);
  }
  return hypotheses;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
