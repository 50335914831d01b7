#include "seqlab/decoding/sampling.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "seqlab/error.hpp"

namespace seqlab {

void validate(const SamplingOptions& options) {
  if (!(options.temperature >= 0.0 && options.temperature <= 100.0)) {
    throw UsageError(fmt::format("temperature {}: expected 0 to 100", options.temperature));
  }
  if (options.top_k < 0) {
    throw UsageError(fmt::format("top-k {}: expected 0 (no cut) or more", options.top_k));
  }
  if (!(options.top_p > 0.0 && options.top_p <= 1.0)) {
    throw UsageError(fmt::format("top-p {}: expected above 0, at most 1", options.top_p));
  }
  if (options.tokens < 0) {
    throw UsageError(fmt::format("{} tokens: expected 0 or more", options.tokens));
  }
  check(options.context >= 4, "generate: a context of {} positions", options.context);
}

inline namespace SEQLAB_PRECISION {
namespace {

/// The generation loop: `logits_after(text, first)` reads kBos and the text from `first` on.
template <typename LogitsAfter>
Sentence run(const Sentence& prompt, const SamplingOptions& options, LogitsAfter&& logits_after) {
  validate(options);
  Random random(options.seed, "sampling");
  Sentence text = prompt;
  std::size_t first = 0;
  for (Index n = 0; n < options.tokens; ++n) {
    if (static_cast<Index>(text.size() - first) + 1 > options.context) {
      first = text.size() - static_cast<std::size_t>(options.context / 2);
    }
    const Matrix logits = logits_after(text, first);
    const TokenId token = sample_token(logits.data(), cols(logits), options, random);
    if (token == kEos && options.one_line) break;
    text.push_back(token);
  }
  return text;
}

}  // namespace

TokenId sample_token(const Real* logits, Index vocabulary, const SamplingOptions& options,
                     Random& random) {
  std::vector<TokenId> tokens;
  for (Index v = kEos; v < vocabulary; ++v) {
    if (v == kUnk) continue;
    if (!std::isfinite(logits[v])) {
      throw RuntimeFailure(
          fmt::format("the logit of token {} is {}; the model has diverged", v, logits[v]));
    }
    tokens.push_back(static_cast<TokenId>(v));
  }
  const auto more_probable = [&](TokenId a, TokenId b) {
    return logits[a] > logits[b] || (logits[a] == logits[b] && a < b);
  };
  if (options.temperature == 0.0) {
    return *std::min_element(tokens.begin(), tokens.end(), more_probable);
  }
  if (options.top_k > 0 && options.top_k < static_cast<Index>(tokens.size())) {
    std::nth_element(tokens.begin(), tokens.begin() + options.top_k, tokens.end(), more_probable);
    tokens.resize(static_cast<std::size_t>(options.top_k));
  }
  std::sort(tokens.begin(), tokens.end(), more_probable);
  std::vector<double> shares;
  for (const TokenId token : tokens) {
    const auto difference = static_cast<double>(logits[token] - logits[tokens.front()]);
    shares.push_back(std::exp(difference / options.temperature));
  }
  const double all = std::accumulate(shares.begin(), shares.end(), 0.0);
  double kept = 0.0;
  std::size_t count = 0;
  while (count < shares.size() && kept < options.top_p * all) kept += shares[count++];
  double drawn = random.uniform() * kept;
  for (std::size_t i = 0; i + 1 < count; ++i) {
    drawn -= shares[i];
    if (drawn < 0.0) return tokens[i];
  }
  return tokens[count - 1];
}

Sentence generate(const StepModel& model, const Sentence& prompt, const SamplingOptions& options) {
  const Sentence nothing;
  DecoderState state;
  std::size_t begun_at = 0, read = 0;  // the text from begun_at to read is in the state
  return run(prompt, options, [&](const Sentence& text, std::size_t first) {
    Matrix logits;
    if (state.size() == 0 || first != begun_at) {
      state = model.start(make_token_batch({&nothing}, /*begin=*/false, /*end=*/true));
      logits = model.step(std::array{kBos}, state).logits;
      begun_at = read = first;
    }
    while (read < text.size()) logits = model.step(std::array{text[read++]}, state).logits;
    return logits;
  });
}

Sentence generate_uncached(const NextLogits& next, const Sentence& prompt,
                           const SamplingOptions& options) {
  return run(prompt, options, [&](const Sentence& text, std::size_t first) {
    return next(Sentence(text.begin() + static_cast<std::ptrdiff_t>(first), text.end()));
  });
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
