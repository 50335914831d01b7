#include "seqlab/evaluation/baselines.hpp"

#include "seqlab/error.hpp"
#include "seqlab/evaluation/unicode.hpp"

#include <unicode/uchar.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace seqlab {
namespace {

using Word = std::uint32_t;
using Text = std::vector<Word>;

/// More would make training quadratic in lines that are no sentences.
constexpr std::size_t kLongestText = 200;

bool is_word_character(char32_t c) { return u_isalnum(static_cast<UChar32>(c)) != 0; }

/// Words and other single characters; they view `text`.
std::vector<std::u32string_view> split_tokens(std::u32string_view text) {
  std::vector<std::u32string_view> tokens;
  for (std::size_t begin = 0, end; begin < text.size(); begin = end) {
    end = begin + 1;
    if (is_space(text[begin])) continue;
    while (is_word_character(text[end - 1]) && end < text.size()) {
      const bool joins = (text[end] == U'\'' || text[end] == U'-') && end + 1 < text.size() &&
                         is_word_character(text[end + 1]);
      if (!joins && !is_word_character(text[end])) break;
      end += joins ? 2 : 1;
    }
    tokens.push_back(text.substr(begin, end - begin));
  }
  return tokens;
}

std::u32string lower_case(std::u32string_view token) {
  return decode_utf8(encode_utf8(token), LetterCase::kLower);
}

/// Numbers the lower-case forms of tokens. Number 0 stands for no word at all.
class Lexicon {
 public:
  static constexpr Word kNone = 0;

  /// The number of the token's lower-case form, a new one if need be.
  Word add(std::u32string_view token) {
    const auto [known, is_new] = by_surface_.try_emplace(std::u32string(token), kNone);
    if (!is_new) return known->second;
    const std::u32string lower = lower_case(token);
    const auto next = static_cast<Word>(words_.size());
    const Word word = by_lower_case_.try_emplace(lower, next).first->second;
    if (word == next) words_.push_back(lower);
    return known->second = word;
  }

  /// The number of the token's lower-case form, or kNone.
  Word find(std::u32string_view token) const {
    const auto surface = by_surface_.find(std::u32string(token));
    if (surface != by_surface_.end()) return surface->second;
    const auto known = by_lower_case_.find(lower_case(token));
    return known == by_lower_case_.end() ? kNone : known->second;
  }

  /// The lower-case form of that number.
  const std::u32string& operator[](Word word) const { return words_[word]; }
  std::size_t size() const { return words_.size(); }

 private:
  std::unordered_map<std::u32string, Word> by_surface_, by_lower_case_;
  std::vector<std::u32string> words_{U""};
};

Text add_text(Lexicon& lexicon, const std::string& line) {
  const std::u32string characters = decode_utf8(line);
  Text text;
  for (const std::u32string_view token : split_tokens(characters)) {
    text.push_back(lexicon.add(token));
  }
  return text;
}

/// Distinct words of a text with their counts, in the order of the words.
std::vector<std::pair<Word, double>> count_words(Text text) {
  std::sort(text.begin(), text.end());
  std::vector<std::pair<Word, double>> counts;
  for (const Word word : text) {
    if (counts.empty() || counts.back().first != word) counts.emplace_back(word, 0);
    ++counts.back().second;
  }
  return counts;
}

/// Finds the training source that is most similar to a text.
class RetrievalIndex {
 public:
  explicit RetrievalIndex(std::span<const std::string> sources)
      : masses_(sources.size()), shared_(sources.size()) {
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const Text text = add_text(lexicon_, sources[i]);
      postings_.resize(lexicon_.size());
      for (const auto& [word, count] : count_words(text)) postings_[word].emplace_back(i, count);
    }
    for (Word word = 0; word < postings_.size(); ++word) {
      const double word_weight = weight(word);
      for (const auto& [source, count] : postings_[word]) masses_[source] += count * word_weight;
    }
  }

  /// The most similar training source, the first of several; the number of sources if all
  /// similarities are zero.
  std::size_t nearest(const std::string& source) {
    std::fill(shared_.begin(), shared_.end(), 0.0);
    double mass = 0;
    for (const auto& [word, count] : count_words(find_text(source))) {
      const double word_weight = weight(word);
      mass += count * word_weight;
      for (const auto& [other, other_count] : postings_[word]) {
        shared_[other] += std::min(count, other_count) * word_weight;
      }
    }
    std::size_t best = shared_.size();
    double best_similarity = 0;
    for (std::size_t i = 0; i < shared_.size(); ++i) {
      if (shared_[i] == 0) continue;
      const double similarity = 2 * shared_[i] / (mass + masses_[i]);
      if (similarity > best_similarity) {
        best = i;
        best_similarity = similarity;
      }
    }
    return best;
  }

 private:
  using Posting = std::pair<std::size_t, double>;  // training source, count of the word in it

  Text find_text(const std::string& line) const {
    const std::u32string characters = decode_utf8(line);
    Text text;
    for (const std::u32string_view token : split_tokens(characters)) {
      text.push_back(lexicon_.find(token));
    }
    return text;
  }

  /// Rare words count more; words unknown to training as much as those of a single source.
  double weight(Word word) const {
    const std::size_t holders = std::max<std::size_t>(1, postings_[word].size());
    return std::log(static_cast<double>(masses_.size()) / static_cast<double>(holders));
  }

  Lexicon lexicon_;
  std::vector<std::vector<Posting>> postings_ = std::vector<std::vector<Posting>>(1);
  std::vector<double> masses_;  // sum of the weights of a training source's tokens
  std::vector<double> shared_;  // the same of the tokens it shares with the text; scratch
};

/// IBM Model 1 over numbered words; source word 0 is the empty word. Probabilities of source word f
/// stand together, in the order of candidates_[f]: the target words that it occurs with. So each
/// round goes through the pairs source word by source word and needs no look-up in a large table.
class LexicalModel {
 public:
  LexicalModel(const std::vector<Text>& sources, const std::vector<Text>& targets,
               std::size_t source_words, std::size_t target_words)
      : targets_(targets),
        occurrences_(source_words),
        candidates_(source_words),
        probabilities_(source_words),
        place_(target_words) {
    for (std::size_t pair = 0; pair < targets.size(); ++pair) {
      occurrences_[Lexicon::kNone].push_back(pair);
      for (const Word word : sources[pair]) occurrences_[word].push_back(pair);
      totals_.emplace_back(targets[pair].size());
    }
    std::vector<bool> seen(target_words);
    for (std::size_t f = 0; f < source_words; ++f) {
      for (const std::size_t pair : occurrences_[f]) {
        for (const Word e : targets[pair]) {
          if (!seen[e]) candidates_[f].push_back(e);
          seen[e] = true;
        }
      }
      for (const Word e : candidates_[f]) seen[e] = false;
      probabilities_[f].assign(candidates_[f].size(), 1.0 / static_cast<double>(target_words));
    }
  }

  /// One step of expectation maximisation.
  void improve() {
    for (std::vector<double>& totals : totals_) std::fill(totals.begin(), totals.end(), 0.0);
    for_each_link(
        [this](Word, std::size_t, double probability, double& total) { total += probability; });
    std::vector<std::vector<double>> counts;
    for (const std::vector<Word>& words : candidates_) counts.emplace_back(words.size());
    for_each_link([&counts](Word f, std::size_t place, double probability, const double& total) {
      counts[f][place] += probability / total;
    });
    for (std::vector<double>& row : counts) {
      double sum = 0;
      for (const double count : row) sum += count;
      for (double& count : row) count /= sum;
    }
    probabilities_ = std::move(counts);
  }

  /// The most probable target word of a source word, the first one met in training of several.
  Word translate(Word source) const {
    const std::vector<double>& row = probabilities_[source];
    const auto best = std::max_element(row.begin(), row.end());
    return best == row.end() ? Lexicon::kNone
                             : candidates_[source][static_cast<std::size_t>(best - row.begin())];
  }

 private:
  /// Calls visit(f, place of e in candidates_[f], t(e | f), total of e) for every f and e of every
  /// pair.
  template <typename Visit>
  void for_each_link(Visit visit) {
    for (Word f = 0; f < candidates_.size(); ++f) {
      for (std::size_t i = 0; i < candidates_[f].size(); ++i) place_[candidates_[f][i]] = i;
      for (const std::size_t pair : occurrences_[f]) {
        const Text& target = targets_[pair];
        for (std::size_t j = 0; j < target.size(); ++j) {
          const std::size_t place = place_[target[j]];
          visit(f, place, probabilities_[f][place], totals_[pair][j]);
        }
      }
    }
  }

  const std::vector<Text>& targets_;
  std::vector<std::vector<std::size_t>> occurrences_;  // pairs that hold a source word
  std::vector<std::vector<Word>> candidates_;
  std::vector<std::vector<double>> probabilities_;
  std::vector<std::size_t> place_;           // of a target word among the current candidates
  std::vector<std::vector<double>> totals_;  // by pair and position in its target
};

bool ends_sentence(std::u32string_view token) {
  return token == U"." || token == U"!" || token == U"?";
}

/// Tells in which letter case words stand inside sentences.
class Casing {
 public:
  void count(const Lexicon& lexicon, const std::string& line) {
    const std::u32string characters = decode_utf8(line);
    bool begins = true;
    for (const std::u32string_view token : split_tokens(characters)) {
      if (!begins) ++counts_[lexicon.find(token)][std::u32string(token)];
      begins = ends_sentence(token);
    }
  }

  /// The most frequent form inside sentences; of equally frequent ones the first by code points.
  std::u32string usual(const Lexicon& lexicon, Word word) const {
    const auto forms = counts_.find(word);
    if (forms == counts_.end()) return lexicon[word];
    return std::max_element(forms->second.begin(), forms->second.end(),
                            [](const auto& a, const auto& b) { return a.second < b.second; })
        ->first;
  }

 private:
  std::unordered_map<Word, std::map<std::u32string, int>> counts_;
};

bool is_one_of(std::u32string_view token, std::u32string_view characters) {
  return token.size() == 1 && characters.find(token[0]) != std::u32string_view::npos;
}

/// Joins tokens as text is printed: closing marks at the word before them, opening marks at the
/// word after them, capitals at the beginning of sentences.
std::string join_tokens(const std::vector<std::u32string>& tokens) {
  std::u32string text;
  bool begins = true, attaches = true;
  for (const std::u32string& token : tokens) {
    if (!attaches && !is_one_of(token, U",.;:!?)]}’”»")) text.push_back(U' ');
    text += token;
    if (begins && is_word_character(token[0])) {
      char32_t& first = text[text.size() - token.size()];
      first = static_cast<char32_t>(u_totitle(static_cast<UChar32>(first)));
      begins = false;
    }
    if (ends_sentence(token)) begins = true;
    attaches = is_one_of(token, U"([{¿¡‘“«");
  }
  return encode_utf8(text);
}

void check_pairs(std::span<const std::string> sources, std::span<const std::string> targets) {
  check(sources.size() == targets.size(), "{} training sources but {} training targets",
        sources.size(), targets.size());
}

}  // namespace

const std::vector<std::string>& baseline_kinds() {
  static const std::vector<std::string> kinds = {"retrieval", "gloss", "eliza"};
  return kinds;
}

std::vector<std::string> retrieval_baseline(std::span<const std::string> train_sources,
                                            std::span<const std::string> train_targets,
                                            std::span<const std::string> test_sources) {
  check_pairs(train_sources, train_targets);
  RetrievalIndex index(train_sources);
  std::vector<std::string> outputs;
  for (const std::string& source : test_sources) {
    const std::size_t nearest = index.nearest(source);
    outputs.push_back(nearest < train_targets.size() ? train_targets[nearest] : "");
  }
  return outputs;
}

std::vector<std::string> word_gloss_baseline(std::span<const std::string> train_sources,
                                             std::span<const std::string> train_targets,
                                             std::span<const std::string> test_sources,
                                             int rounds) {
  check_pairs(train_sources, train_targets);
  check(rounds >= 1, "the gloss needs at least one round of training, not {}", rounds);
  Lexicon source_lexicon, target_lexicon;
  std::vector<Text> sources, targets;
  Casing casing;
  for (std::size_t i = 0; i < train_sources.size(); ++i) {
    Text source = add_text(source_lexicon, train_sources[i]);
    Text target = add_text(target_lexicon, train_targets[i]);
    if (source.size() > kLongestText || target.size() > kLongestText) continue;
    casing.count(target_lexicon, train_targets[i]);
    sources.push_back(std::move(source));
    targets.push_back(std::move(target));
  }
  LexicalModel model(sources, targets, source_lexicon.size(), target_lexicon.size());
  for (int round = 0; round < rounds; ++round) model.improve();

  std::vector<std::string> outputs;
  for (const std::string& line : test_sources) {
    const std::u32string characters = decode_utf8(line);
    std::vector<std::u32string> tokens;
    for (const std::u32string_view token : split_tokens(characters)) {
      const Word word = source_lexicon.find(token);
      const Word gloss = word == Lexicon::kNone ? Lexicon::kNone : model.translate(word);
      tokens.push_back(gloss == Lexicon::kNone ? std::u32string(token)
                                               : casing.usual(target_lexicon, gloss));
    }
    outputs.push_back(join_tokens(tokens));
  }
  return outputs;
}

std::vector<std::string> eliza_baseline(Eliza eliza, std::span<const std::string> test_sources) {
  const ElizaState beginning = eliza.state();
  std::vector<std::string> outputs;
  for (const std::string& source : test_sources) {
    eliza.set_state(beginning);
    outputs.push_back(eliza.answer(source));
  }
  return outputs;
}

}  // namespace seqlab
