#pragma once

// BLEU (Papineni et al. 2002, "BLEU: a Method for Automatic Evaluation of Machine Translation"),
// computed as sacreBLEU 2 does (Post 2018):
//
//   BLEU = BP * exp(1/N * sum_{n=1..N} log p_n),   BP = min(1, exp(1 - r/h))
//
// p_n = correct n-grams / n-grams of the hypotheses, in percent; an n-gram is correct at most as
// often as it stands in one reference. h is the length of the hypotheses, r the sum of the lengths
// of the references that are closest to them, of two equally close ones the shorter.
//
// A precision of zero is smoothed (Chen and Cherry 2014, "A Systematic Comparison of Smoothing
// Techniques for Sentence-Level BLEU"). Without any match the score is 0, however smoothed.
//
// Statistics of sentences add up to those of a corpus, so subsets and resampled corpora are scored
// without reading the text again.

#include "seqlab/evaluation/signature.hpp"
#include "seqlab/evaluation/text_tokenizers.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace seqlab {

enum class BleuSmoothing {
  kNone,
  kFloor,        ///< a count of zero becomes smooth_value (0.1)
  kAddK,         ///< smooth_value (1) is added to counts and totals of the orders above one
  kExponential,  ///< the k-th precision of zero becomes 1 / (2^k * total)
};

struct BleuOptions {
  TextTokenizer tokenizer = TextTokenizer::k13a;
  bool lowercase = false;
  BleuSmoothing smoothing = BleuSmoothing::kExponential;
  std::optional<double> smooth_value;  ///< of kFloor and kAddK; else the default of the method
  std::size_t max_order = 4;           ///< at least one
  bool effective_order = false;        ///< leave out orders longer than the text (for sentences)
};

struct BleuStatistics {
  std::int64_t hypothesis_length = 0;
  std::int64_t reference_length = 0;
  std::vector<std::int64_t> correct;  ///< of order n at n - 1
  std::vector<std::int64_t> total;

  BleuStatistics& operator+=(const BleuStatistics& other);
};

struct BleuScore {
  double score = 0;                ///< 0 to 100
  std::vector<double> precisions;  ///< in percent, smoothed
  std::vector<double> counts;      ///< what the precisions were computed from; add-k included
  std::vector<double> totals;
  double brevity_penalty = 1;
  std::int64_t hypothesis_length = 0;
  std::int64_t reference_length = 0;
};

/// Statistics of one sentence with its references (at least one), all plain UTF-8.
BleuStatistics bleu_statistics(std::string_view hypothesis, std::span<const std::string> references,
                               const BleuOptions& options);

/// Statistics of every sentence. `references` holds one list of sentences per reference, each as
/// long as `hypotheses`.
std::vector<BleuStatistics> bleu_statistics(std::span<const std::string> hypotheses,
                                            std::span<const std::vector<std::string>> references,
                                            const BleuOptions& options);

/// The score of summed (or one sentence's) statistics.
BleuScore bleu_score(const BleuStatistics& statistics, const BleuOptions& options);

/// The score of a corpus.
BleuScore bleu_score(std::span<const BleuStatistics> sentences, const BleuOptions& options);

/// "p1/p2/p3/p4 (BP = .. ratio = .. hyp_len = .. ref_len = ..)"
std::string verbose(const BleuScore& score);

Signature signature(const BleuOptions& options, std::size_t references);

std::string_view to_string(BleuSmoothing smoothing);

/// The method of that name (none, floor, add-k, exp); UsageError lists the valid names.
BleuSmoothing parse_bleu_smoothing(std::string_view name);

}  // namespace seqlab
