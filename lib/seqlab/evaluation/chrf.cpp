#include "seqlab/evaluation/chrf.hpp"

#include "seqlab/error.hpp"
#include "seqlab/evaluation/ngrams.hpp"
#include "seqlab/evaluation/unicode.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace seqlab {
namespace {

bool is_ascii_punctuation(char32_t c) {
  return (c >= U'!' && c <= U'/') || (c >= U':' && c <= U'@') || (c >= U'[' && c <= U'`') ||
         (c >= U'{' && c <= U'~');
}

/// The words of chrF++: one punctuation mark is split off, at the end or else at the beginning.
std::vector<std::u32string_view> words_and_marks(std::u32string_view text) {
  std::vector<std::u32string_view> words;
  for (const std::u32string_view word : split_words(text)) {
    const std::size_t cut = word.size() == 1                    ? 0
                            : is_ascii_punctuation(word.back()) ? word.size() - 1
                            : is_ascii_punctuation(word[0])     ? 1
                                                                : 0;
    if (cut > 0) words.push_back(word.substr(0, cut));
    words.push_back(word.substr(cut));
  }
  return words;
}

/// What n-grams are counted of: code points, and symbols of words.
struct Sentence {
  std::u32string characters;
  std::u32string words;
};

Sentence read_sentence(std::string_view text, const ChrfOptions& options, WordSymbols& symbols) {
  Sentence sentence;
  sentence.characters =
      decode_utf8(text, options.lowercase ? LetterCase::kLower : LetterCase::kKeep);
  if (options.word_order > 0) sentence.words = symbols.encode(words_and_marks(sentence.characters));
  if (!options.whitespace) std::erase_if(sentence.characters, is_space);
  return sentence;
}

std::vector<NgramCounts> count_all(const Sentence& sentence, const ChrfOptions& options) {
  std::vector<NgramCounts> counts;
  for (std::size_t n = 1; n <= options.char_order; ++n) {
    counts.push_back(count_ngrams(sentence.characters, n));
  }
  for (std::size_t n = 1; n <= options.word_order; ++n) {
    counts.push_back(count_ngrams(sentence.words, n));
  }
  return counts;
}

ChrfStatistics::Order compare(const NgramCounts& hypothesis, const NgramCounts& reference) {
  ChrfStatistics::Order order;
  for (const auto& [ngram, count] : reference) order.reference += count;
  if (order.reference == 0) return order;
  for (const auto& [ngram, count] : hypothesis) {
    order.hypothesis += count;
    const auto found = reference.find(ngram);
    if (found != reference.end()) order.matches += std::min(count, found->second);
  }
  return order;
}

double f_score(double precision, double recall, double factor) {
  return (1 + factor) * precision * recall / (factor * precision + recall);
}

}  // namespace

ChrfStatistics& ChrfStatistics::operator+=(const ChrfStatistics& other) {
  orders.resize(std::max(orders.size(), other.orders.size()));
  for (std::size_t n = 0; n < other.orders.size(); ++n) {
    orders[n].hypothesis += other.orders[n].hypothesis;
    orders[n].reference += other.orders[n].reference;
    orders[n].matches += other.orders[n].matches;
  }
  return *this;
}

ChrfStatistics chrf_statistics(std::string_view hypothesis, std::span<const std::string> references,
                               const ChrfOptions& options) {
  check(!references.empty(), "chrF needs a reference");
  check(options.char_order + options.word_order > 0, "chrF needs an n-gram order of at least one");
  WordSymbols symbols;
  const Sentence sentence = read_sentence(hypothesis, options, symbols);
  const std::vector<NgramCounts> counts = count_all(sentence, options);

  ChrfStatistics best;
  double best_score = -1;
  for (const std::string& text : references) {
    const Sentence reference = read_sentence(text, options, symbols);
    const std::vector<NgramCounts> reference_counts = count_all(reference, options);
    ChrfStatistics statistics;
    for (std::size_t n = 0; n < counts.size(); ++n) {
      statistics.orders.push_back(compare(counts[n], reference_counts[n]));
    }
    const double score = chrf_score(statistics, options);
    if (score > best_score) {
      best_score = score;
      best = std::move(statistics);
    }
  }
  return best;
}

std::vector<ChrfStatistics> chrf_statistics(std::span<const std::string> hypotheses,
                                            std::span<const std::vector<std::string>> references,
                                            const ChrfOptions& options) {
  for (const auto& reference : references) {
    check(reference.size() == hypotheses.size(), "{} hypotheses, but {} references",
          hypotheses.size(), reference.size());
  }
  std::vector<ChrfStatistics> statistics;
  statistics.reserve(hypotheses.size());
  std::vector<std::string> sentence_references(references.size());
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    for (std::size_t r = 0; r < references.size(); ++r) sentence_references[r] = references[r][i];
    statistics.push_back(chrf_statistics(hypotheses[i], sentence_references, options));
  }
  return statistics;
}

double chrf_score(const ChrfStatistics& statistics, const ChrfOptions& options) {
  constexpr double kEpsilon = 1e-16;
  const double factor = options.beta * options.beta;
  double precision_sum = 0;
  double recall_sum = 0;
  double f_sum = 0;
  int effective_orders = 0;
  for (const auto& [hypothesis, reference, matches] : statistics.orders) {
    const auto found = static_cast<double>(matches);
    const double precision = hypothesis > 0 ? found / static_cast<double>(hypothesis) : kEpsilon;
    const double recall = reference > 0 ? found / static_cast<double>(reference) : kEpsilon;
    const bool defined = factor * precision + recall > 0;
    f_sum += defined ? f_score(precision, recall, factor) : kEpsilon;
    if (hypothesis > 0 && reference > 0) {
      precision_sum += precision;
      recall_sum += recall;
      ++effective_orders;
    }
  }
  if (options.eps_smoothing) {
    return 100 * f_sum / static_cast<double>(options.char_order + options.word_order);
  }
  if (precision_sum + recall_sum == 0) return 0;
  return 100 * f_score(precision_sum / effective_orders, recall_sum / effective_orders, factor);
}

double chrf_score(std::span<const ChrfStatistics> sentences, const ChrfOptions& options) {
  ChrfStatistics sum;
  for (const ChrfStatistics& sentence : sentences) sum += sentence;
  return chrf_score(sum, options);
}

std::string chrf_name(const ChrfOptions& options) {
  return fmt::format("chrF{}{}", options.beta, std::string(options.word_order, '+'));
}

Signature signature(const ChrfOptions& options, std::size_t references) {
  return {
      {"nrefs", std::to_string(references)},         {"case", options.lowercase ? "lc" : "mixed"},
      {"eff", options.eps_smoothing ? "no" : "yes"}, {"nc", std::to_string(options.char_order)},
      {"nw", std::to_string(options.word_order)},    {"space", options.whitespace ? "yes" : "no"},
      {"version", std::string(kScorerVersion)}};
}

}  // namespace seqlab
