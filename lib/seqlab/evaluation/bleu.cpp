#include "seqlab/evaluation/bleu.hpp"

#include "seqlab/error.hpp"
#include "seqlab/evaluation/ngrams.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace seqlab {
namespace {

constexpr std::array<std::pair<BleuSmoothing, std::string_view>, 4> kSmoothingNames{
    {{BleuSmoothing::kNone, "none"},
     {BleuSmoothing::kFloor, "floor"},
     {BleuSmoothing::kAddK, "add-k"},
     {BleuSmoothing::kExponential, "exp"}}};

/// The logarithm of a precision of zero: small enough for a score of exactly zero.
constexpr double kLogOfZero = -9999999999.0;

double smooth_value(const BleuOptions& options) {
  return options.smooth_value.value_or(options.smoothing == BleuSmoothing::kFloor ? 0.1 : 1.0);
}

std::int64_t closest_length(std::int64_t length, std::span<const std::u32string> references) {
  std::int64_t closest = static_cast<std::int64_t>(references.front().size());
  for (const std::u32string& reference : references) {
    const auto candidate = static_cast<std::int64_t>(reference.size());
    const std::int64_t difference = std::abs(candidate - length) - std::abs(closest - length);
    if (difference < 0 || (difference == 0 && candidate < closest)) closest = candidate;
  }
  return closest;
}

/// For each n-gram the largest number of times that it stands in one of the references.
NgramCounts largest_counts(std::span<const std::u32string> references, std::size_t order) {
  NgramCounts largest;
  for (const std::u32string& reference : references) {
    for (const auto& [ngram, count] : count_ngrams(reference, order)) {
      std::int64_t& known = largest[ngram];
      known = std::max(known, count);
    }
  }
  return largest;
}

std::int64_t correct_ngrams(const NgramCounts& hypothesis, const NgramCounts& reference) {
  std::int64_t correct = 0;
  for (const auto& [ngram, count] : hypothesis) {
    const auto found = reference.find(ngram);
    if (found != reference.end()) correct += std::min(count, found->second);
  }
  return correct;
}

double brevity_penalty(double hypothesis_length, double reference_length) {
  if (hypothesis_length >= reference_length) return 1.0;
  return hypothesis_length > 0 ? std::exp(1 - reference_length / hypothesis_length) : 0.0;
}

}  // namespace

BleuStatistics& BleuStatistics::operator+=(const BleuStatistics& other) {
  const std::size_t orders = std::max(correct.size(), other.correct.size());
  correct.resize(orders);
  total.resize(orders);
  hypothesis_length += other.hypothesis_length;
  reference_length += other.reference_length;
  for (std::size_t n = 0; n < other.correct.size(); ++n) {
    correct[n] += other.correct[n];
    total[n] += other.total[n];
  }
  return *this;
}

BleuStatistics bleu_statistics(std::string_view hypothesis, std::span<const std::string> references,
                               const BleuOptions& options) {
  check(!references.empty(), "BLEU needs a reference");
  check(options.max_order > 0, "BLEU needs an n-gram order of at least one");
  WordSymbols symbols;
  const auto encode = [&](std::string_view sentence) {
    const auto letter_case = options.lowercase ? LetterCase::kLower : LetterCase::kKeep;
    return symbols.encode(split_words(tokenize_text(sentence, options.tokenizer, letter_case)));
  };
  const std::u32string words = encode(hypothesis);
  std::vector<std::u32string> reference_words;
  for (const std::string& reference : references) reference_words.push_back(encode(reference));

  BleuStatistics statistics;
  statistics.hypothesis_length = static_cast<std::int64_t>(words.size());
  statistics.reference_length = closest_length(statistics.hypothesis_length, reference_words);
  for (std::size_t order = 1; order <= options.max_order; ++order) {
    const std::size_t total = words.size() < order ? 0 : words.size() - order + 1;
    statistics.total.push_back(static_cast<std::int64_t>(total));
    statistics.correct.push_back(
        correct_ngrams(count_ngrams(words, order), largest_counts(reference_words, order)));
  }
  return statistics;
}

std::vector<BleuStatistics> bleu_statistics(std::span<const std::string> hypotheses,
                                            std::span<const std::vector<std::string>> references,
                                            const BleuOptions& options) {
  for (const auto& reference : references) {
    check(reference.size() == hypotheses.size(), "{} hypotheses, but {} references",
          hypotheses.size(), reference.size());
  }
  std::vector<BleuStatistics> statistics;
  statistics.reserve(hypotheses.size());
  std::vector<std::string> sentence_references(references.size());
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    for (std::size_t r = 0; r < references.size(); ++r) sentence_references[r] = references[r][i];
    statistics.push_back(bleu_statistics(hypotheses[i], sentence_references, options));
  }
  return statistics;
}

BleuScore bleu_score(const BleuStatistics& statistics, const BleuOptions& options) {
  BleuScore result;
  result.hypothesis_length = statistics.hypothesis_length;
  result.reference_length = statistics.reference_length;
  result.brevity_penalty = brevity_penalty(static_cast<double>(statistics.hypothesis_length),
                                           static_cast<double>(statistics.reference_length));
  result.counts.assign(statistics.correct.begin(), statistics.correct.end());
  result.totals.assign(statistics.total.begin(), statistics.total.end());
  result.counts.resize(options.max_order);
  result.totals.resize(options.max_order);
  result.precisions.resize(options.max_order);
  if (std::ranges::all_of(result.counts, [](double count) { return count == 0; })) return result;

  const double value = smooth_value(options);
  double halving = 1;
  std::size_t orders = options.max_order;
  for (std::size_t n = 0; n < options.max_order; ++n) {
    double& count = result.counts[n];
    double& total = result.totals[n];
    if (options.smoothing == BleuSmoothing::kAddK && n > 0) {
      count += value;
      total += value;
    }
    if (total == 0) break;
    if (options.effective_order) orders = n + 1;
    if (count > 0) {
      result.precisions[n] = 100 * count / total;
    } else if (options.smoothing == BleuSmoothing::kExponential) {
      halving *= 2;
      result.precisions[n] = 100 / (halving * total);
    } else if (options.smoothing == BleuSmoothing::kFloor) {
      result.precisions[n] = 100 * value / total;
    }
  }
  double log_sum = 0;
  for (std::size_t n = 0; n < orders; ++n) {
    log_sum += result.precisions[n] == 0 ? kLogOfZero : std::log(result.precisions[n]);
  }
  result.score = result.brevity_penalty * std::exp(log_sum / static_cast<double>(orders));
  return result;
}

BleuScore bleu_score(std::span<const BleuStatistics> sentences, const BleuOptions& options) {
  BleuStatistics sum;
  for (const BleuStatistics& sentence : sentences) sum += sentence;
  return bleu_score(sum, options);
}

std::string verbose(const BleuScore& score) {
  std::string precisions;
  for (const double precision : score.precisions) {
    precisions += fmt::format("{}{:.1f}", precisions.empty() ? "" : "/", precision);
  }
  const double ratio = score.reference_length == 0
                           ? 0
                           : static_cast<double>(score.hypothesis_length) /
                                 static_cast<double>(score.reference_length);
  return fmt::format("{} (BP = {:.3f} ratio = {:.3f} hyp_len = {} ref_len = {})", precisions,
                     score.brevity_penalty, ratio, score.hypothesis_length, score.reference_length);
}

Signature signature(const BleuOptions& options, std::size_t references) {
  std::string smoothing(to_string(options.smoothing));
  if (options.smoothing == BleuSmoothing::kFloor || options.smoothing == BleuSmoothing::kAddK) {
    smoothing += fmt::format("[{:.2f}]", smooth_value(options));
  }
  return {{"nrefs", std::to_string(references)},
          {"case", options.lowercase ? "lc" : "mixed"},
          {"eff", options.effective_order ? "yes" : "no"},
          {"tok", std::string(to_string(options.tokenizer))},
          {"smooth", smoothing},
          {"version", std::string(kScorerVersion)}};
}

std::string_view to_string(BleuSmoothing smoothing) {
  for (const auto& [value, name] : kSmoothingNames) {
    if (value == smoothing) return name;
  }
  throw std::logic_error("unknown smoothing method");
}

BleuSmoothing parse_bleu_smoothing(std::string_view name) {
  std::string valid;
  for (const auto& [value, known] : kSmoothingNames) {
    if (known == name) return value;
    valid += fmt::format("{}{}", valid.empty() ? "" : ", ", known);
  }
  throw UsageError(fmt::format("unknown smoothing method '{}'; valid ones are: {}", name, valid));
}

}  // namespace seqlab
