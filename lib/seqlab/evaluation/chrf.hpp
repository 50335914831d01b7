#pragma once

// chrF (Popovic 2015, "chrF: character n-gram F-score for automatic MT evaluation") and chrF++
// (Popovic 2017, "chrF++: words helping character n-grams"), computed as sacreBLEU 2 does:
//
//   chrF = 100 * (1 + beta^2) * P * R / (beta^2 * P + R)
//
// P and R are precision and recall of n-grams, averaged over the orders that both sides have:
// n-grams of characters, and of words with their outer punctuation split off (chrF++). With epsilon
// smoothing the F-scores of all orders are averaged instead, as the first implementations did.
// With several references the one with the best score counts, sentence by sentence.

#include "seqlab/evaluation/signature.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace seqlab {

struct ChrfOptions {
  std::size_t char_order = 6;
  std::size_t word_order = 0;  ///< two makes chrF++; the sum of both orders is at least one
  int beta = 2;                ///< recall counts beta times as much as precision
  bool lowercase = false;
  bool whitespace = false;  ///< white space is a character
  bool eps_smoothing = false;
};

struct ChrfStatistics {
  struct Order {
    std::int64_t hypothesis = 0;  ///< n-grams; zero where the reference has none
    std::int64_t reference = 0;
    std::int64_t matches = 0;
  };
  std::vector<Order> orders;  ///< those of characters, then those of words

  ChrfStatistics& operator+=(const ChrfStatistics& other);
};

/// Statistics of one sentence with its references (at least one), all plain UTF-8.
ChrfStatistics chrf_statistics(std::string_view hypothesis, std::span<const std::string> references,
                               const ChrfOptions& options);

/// Statistics of every sentence. `references` holds one list of sentences per reference, each as
/// long as `hypotheses`.
std::vector<ChrfStatistics> chrf_statistics(std::span<const std::string> hypotheses,
                                            std::span<const std::vector<std::string>> references,
                                            const ChrfOptions& options);

/// The score, 0 to 100, of summed (or one sentence's) statistics.
double chrf_score(const ChrfStatistics& statistics, const ChrfOptions& options);

/// The score of a corpus.
double chrf_score(std::span<const ChrfStatistics> sentences, const ChrfOptions& options);

/// "chrF2", "chrF2++", ...
std::string chrf_name(const ChrfOptions& options);

Signature signature(const ChrfOptions& options, std::size_t references);

}  // namespace seqlab
