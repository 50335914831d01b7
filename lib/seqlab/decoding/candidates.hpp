#pragma once

// The most probable next tokens of a row of logits. The vocabulary is wide (thousands of tokens)
// and a search looks at all of it at every step, so rows are read in blocks: one pass for the
// maximum of each block, one for the softmax normaliser where probabilities are wanted, and then
// only the few blocks whose maximum can matter.
//
// A hypothesis may continue with any token but kPad and kBos. They keep their share of the
// probability, so that a search's score is the one of teacher forcing.

#include <limits>
#include <vector>

#include "seqlab/data/batch.hpp"
#include "seqlab/tensor/matrix.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Reads one row of logits at a time; keeps its working memory between rows.
class LogitRow {
 public:
  /// Throws RuntimeFailure if the softmax of the logits is not finite (a diverged model).
  void read(const Real* logits, Index vocabulary);

  /// log of the sum of exp(logit) over the whole vocabulary, the normaliser of log-probabilities.
  /// Computed anew at each call; it is most of the work on a row.
  double log_sum_exp() const;
  double log_probability(TokenId token) const {
    return static_cast<double>(logits_[token]) - log_sum_exp();
  }
  /// The most probable token that may follow; the smallest id of equals.
  TokenId best_token() const;

 private:
  friend class BestCandidates;
  static constexpr Index kBlock = 256;

  Index block_begin(std::size_t block) const { return kEos + static_cast<Index>(block) * kBlock; }
  Index block_end(std::size_t block) const {
    return std::min(vocabulary_, block_begin(block) + kBlock);
  }

  const Real* logits_ = nullptr;
  Index vocabulary_ = 0;
  Real largest_ = 0;             // of all logits
  std::vector<Real> block_max_;  // of tokens from kEos on
};

/// A hypothesis with one more token.
struct Candidate {
  double log_probability;
  Index parent;  ///< row of the hypothesis
  TokenId token;
};

/// The best continuations of several hypotheses, ordered by (log-probability, parent, token).
/// Continuations of probability zero are left out.
class BestCandidates {
 public:
  explicit BestCandidates(Index capacity) : capacity_(static_cast<std::size_t>(capacity)) {}

  void clear() { best_.clear(); }
  /// Parents must be added in increasing order, since earlier ones win ties.
  void add(const LogitRow& row, Index parent, double parent_log_probability);
  /// Best first.
  const std::vector<Candidate>& best() const { return best_; }

 private:
  double threshold() const {
    return best_.size() < capacity_ ? -std::numeric_limits<double>::infinity()
                                    : best_.back().log_probability;
  }
  void insert(const Candidate& candidate);

  std::size_t capacity_;
  std::vector<Candidate> best_;
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
