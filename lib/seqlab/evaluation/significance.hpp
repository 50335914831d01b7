#pragma once

// Is one system better than another on this test set, or could the difference be one of the choice
// of sentences? Two paired tests, the same numbers as sacreBLEU 2 for the same seed, and the
// correction for asking several times.
//
//   bootstrap      (Koehn 2004, "Statistical Significance Tests for Machine Translation
//                  Evaluation"): sentences are drawn with replacement; p is the share of resamples
//                  whose difference (its absolute value) exceeds the mean one by more than the
//                  observed one; where one system is clearly ahead, only one tail can do so, and
//                  differences in either direction pass 0.05 in up to 10 % of equal systems
//   randomisation  (Riezler and Maxwell 2005, "On Some Pitfalls in Automatic Evaluation and
//                  Significance Testing for MT"): the systems' outputs change places, sentence by
//                  sentence, by the toss of a coin; p is the share of trials with a larger
//                  difference than the observed one; of shares of right sentences, where ties are
//                  the rule, with one as large
//
// In both, p = (count + 1) / (trials + 1). They ask about the choice of the test sentences, not
// about that of the seed: the spread over seeds is another question, with its own interval.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "seqlab/evaluation/bleu.hpp"
#include "seqlab/evaluation/chrf.hpp"

namespace seqlab {

inline constexpr std::size_t kBootstrapResamples = 1000;
inline constexpr std::size_t kRandomisationTrials = 10000;
inline constexpr std::uint32_t kSignificanceSeed = 12345;

/// Counts of every sentence, whose sums give the score of any selection of sentences.
class SentenceCounts {
 public:
  using Score = std::function<double(std::span<const std::int64_t>)>;

  SentenceCounts(std::span<const BleuStatistics> sentences, const BleuOptions& options);
  SentenceCounts(std::span<const ChrfStatistics> sentences, const ChrfOptions& options);
  /// Share of sentences that are right, in percent.
  explicit SentenceCounts(const std::vector<bool>& right);

  std::size_t sentences() const { return sentences_; }
  std::size_t columns() const { return columns_; }
  std::span<const std::int64_t> row(std::size_t sentence) const {
    return {values_.data() + sentence * columns_, columns_};
  }
  double score(std::span<const std::int64_t> sums) const { return score_(sums); }
  /// Whether scores have few values, so that differences are often equal.
  bool coarse() const { return coarse_; }
  /// Of all sentences.
  double score() const;

  /// Adds another system's counts of the same sentences, for example those of another seed: the
  /// score is then that of all outputs together, and a sentence is drawn with all its outputs.
  SentenceCounts& operator+=(const SentenceCounts& other);
  /// Counts every output `times` times: brings systems with different numbers of seeds to the same
  /// weight.
  SentenceCounts& operator*=(std::int64_t times);

  friend bool operator==(const SentenceCounts& a, const SentenceCounts& b) {
    return a.sentences_ == b.sentences_ && a.values_ == b.values_;
  }

 private:
  std::size_t sentences_ = 0;
  std::size_t columns_ = 0;
  std::vector<std::int64_t> values_;
  Score score_;
  bool coarse_ = false;
};

/// Mean of the resampled scores, and half the width of the range of the middle 95 % of them.
struct BootstrapInterval {
  double mean = 0;
  double half_width = 0;
};

BootstrapInterval bootstrap_interval(const SentenceCounts& system,
                                     std::size_t resamples = kBootstrapResamples,
                                     std::uint32_t seed = kSignificanceSeed);

/// p of the difference between two systems that translated the same sentences (std::logic_error
/// if not). Two systems with the same counts have p = 1; sacreBLEU says 1 / (trials + 1) there.
double paired_bootstrap(const SentenceCounts& baseline, const SentenceCounts& system,
                        std::size_t resamples = kBootstrapResamples,
                        std::uint32_t seed = kSignificanceSeed);
double approximate_randomisation(const SentenceCounts& baseline, const SentenceCounts& system,
                                 std::size_t trials = kRandomisationTrials,
                                 std::uint32_t seed = kSignificanceSeed);

/// Adjusts p-values for their number (Holm 1979, "A Simple Sequentially Rejective Multiple Test
/// Procedure"): the i-th smallest of m becomes max over j <= i of min(1, (m - j + 1) p_(j)). What
/// is then below 0.05 is significant with the risk of one test at 0.05, for the whole table. Values that are not
/// numbers (no test) stay and do not count.
std::vector<double> holm(std::span<const double> p_values);

}  // namespace seqlab
