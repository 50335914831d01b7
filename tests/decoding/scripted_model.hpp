#pragma once

// A step model whose predictions are a given function of the source and of all tokens read. What
// was read is kept in the decoder state, in a cache that grows, so a search that mixes up rows gets
// other predictions.

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "seqlab/decoding/options.hpp"
#include "seqlab/decoding/step_model.hpp"
#include "seqlab/tensor/random.hpp"

namespace seqlab::testing {

/// Unnormalised log-probability of `token` after `history` (without the begin mark).
using Script = std::function<Real(const Sentence& source, const Sentence& history, TokenId token)>;

class ScriptedModel : public StepModel {
 public:
  ScriptedModel(Index vocabulary, Script script)
      : vocabulary_(vocabulary), script_(std::move(script)) {}

  DecoderState start(const TokenBatch& source) const override {
    auto memory = std::make_shared<Memory>();
    memory->lengths = source.lengths;
    memory->steps = source.steps;
    DecoderState state;
    for (Index b = 0; b < source.batch; ++b) {
      Sentence sentence;
      for (Index t = 0; t + 1 < source.lengths[static_cast<std::size_t>(b)]; ++t) {
        sentence.push_back(source.at(t, b));
      }
      memory->sentences.push_back(sentence);
      state.source_rows.push_back(b);
    }
    state.source = std::move(memory);
    state.rows.push_back({make_matrix(source.batch, 2), 0});
    return state;
  }

  StepOutput step(std::span<const TokenId> tokens, DecoderState& state) const override {
    check(static_cast<Index>(tokens.size()) == state.size(), "a token a row");
    const auto& memory = static_cast<const Memory&>(*state.source);
    remember(tokens, state);
    StepOutput output{make_matrix(state.size(), vocabulary_),
                      make_matrix(state.size(), memory.steps)};
    for (Index r = 0; r < state.size(); ++r) {
      const Real* read = ref(state.rows[0].values).row(r);
      const Sentence history(read + 1, read + state.position);
      check(read[0] == static_cast<Real>(kBos), "the first token is the begin mark");
      const auto s = static_cast<std::size_t>(state.source_rows[static_cast<std::size_t>(r)]);
      for (Index v = 0; v < vocabulary_; ++v) {
        ref(output.logits).row(r)[v] =
            script_(memory.sentences[s], history, static_cast<TokenId>(v));
      }
      for (Index i = 0; i < memory.steps; ++i) {
        const bool inside = i < memory.lengths[s];
        ref(output.attention).row(r)[i] = inside ? attention_weight(history, i) : Real(-1);
      }
    }
    const std::lock_guard lock(mutex_);
    rows_of_steps_.push_back(state.size());
    return output;
  }

  Index target_vocabulary() const override { return vocabulary_; }

  static Real attention_weight(const Sentence& history, Index source_position) {
    return static_cast<Real>(history.empty() ? 0 : history.back()) +
           Real(0.01) * static_cast<Real>(source_position);
  }

  /// Rows of each step since the beginning.
  std::vector<Index> rows_of_steps() const { return rows_of_steps_; }

  /// Log-probability of a next token, by the definition.
  double log_probability(const Sentence& source, const Sentence& history, TokenId token) const {
    double sum = 0;
    for (Index v = 0; v < vocabulary_; ++v) {
      sum += std::exp(static_cast<double>(script_(source, history, static_cast<TokenId>(v))));
    }
    return static_cast<double>(script_(source, history, token)) - std::log(sum);
  }

  /// Teacher forcing: log-probability of a target, with its end mark if it is `finished`.
  double forced_log_probability(const Sentence& source, const Sentence& target,
                                bool finished = true) const {
    Sentence history;
    double total = 0;
    for (const TokenId token : target) {
      total += log_probability(source, history, token);
      history.push_back(token);
    }
    return finished ? total + log_probability(source, history, kEos) : total;
  }

 private:
  struct Memory : SourceMemory {
    std::vector<Sentence> sentences;
    Index steps = 0;
  };

  // Appends a column to the cache, which doubles when it is full.
  static void remember(std::span<const TokenId> tokens, DecoderState& state) {
    auto& [values, used] = state.rows[0];
    check(used == state.position, "the cache has a column for every token read");
    if (used == cols(values)) {
      Matrix grown = make_matrix(rows(values), 2 * used);
      for (Index r = 0; r < rows(values); ++r) {
        std::copy_n(ref(values).row(r), used, ref(grown).row(r));
      }
      values = std::move(grown);
    }
    for (std::size_t r = 0; r < tokens.size(); ++r) {
      ref(values).row(static_cast<Index>(r))[used] = static_cast<Real>(tokens[r]);
    }
    used = ++state.position;
  }

  Index vocabulary_;
  Script script_;
  mutable std::mutex mutex_;
  mutable std::vector<Index> rows_of_steps_;
};

/// Every (source, history, token) has a logit of its own, uniform in [-spread, spread].
inline Script random_script(std::uint64_t seed, double spread = 2.0) {
  return [=](const Sentence& source, const Sentence& history, TokenId token) {
    std::uint64_t key = seed;
    for (const TokenId t : source) key = key * 1000003 + static_cast<std::uint64_t>(t);
    key = key * 1000003 + 999;
    for (const TokenId t : history) key = key * 1000003 + static_cast<std::uint64_t>(t);
    Random random(key, "script", static_cast<std::uint64_t>(token));
    return static_cast<Real>(random.uniform(-spread, spread));
  };
}

inline std::vector<const Sentence*> pointers(const std::vector<Sentence>& sentences) {
  std::vector<const Sentence*> result;
  for (const Sentence& sentence : sentences) result.push_back(&sentence);
  return result;
}

inline bool same(const Hypothesis& a, const Hypothesis& b) {
  return a.tokens == b.tokens && a.score == b.score && a.log_probability == b.log_probability &&
         a.length == b.length && a.finished == b.finished && a.attention == b.attention;
}

inline bool same(const std::vector<std::vector<Hypothesis>>& a,
                 const std::vector<std::vector<Hypothesis>>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                      [](const Hypothesis& p, const Hypothesis& q) { return same(p, q); });
  });
}

}  // namespace seqlab::testing
