#include "seqlab/data/vocabulary_tokenizer.hpp"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <unicode/uchar.h>

#include "seqlab/data/utf8.hpp"
#include "seqlab/data/vocabulary_file.hpp"
#include "seqlab/error.hpp"

namespace seqlab {
namespace {

constexpr std::string_view kJoiner = "\uFFED";        // ￭
constexpr std::string_view kJoinerInText = "\u25A0";  // ■

bool is_space(const Utf8Character& c) { return c.code >= 0 && u_isUWhiteSpace(c.code); }

bool is_word(const Utf8Character& c) {
  return c.code >= 0 && (u_isalnum(c.code) || (U_GET_GC_MASK(c.code) & U_GC_M_MASK) != 0);
}

std::string_view without_joiners(std::string_view piece) {
  if (piece.starts_with(kJoiner)) piece.remove_prefix(kJoiner.size());
  if (piece.ends_with(kJoiner)) piece.remove_suffix(kJoiner.size());
  return piece;
}

const std::vector<std::string> kSpecialTokens = {"<pad>", "<s>", "</s>", "<unk>"};

/// One piece per character, without white space at the ends.
std::vector<std::string> character_pieces(std::string_view text) {
  const std::vector<Utf8Character> all = utf8_characters(text);
  const auto is_visible = [](const Utf8Character& c) { return !is_space(c); };
  const auto begin = std::find_if(all.begin(), all.end(), is_visible);
  const auto end = std::find_if(all.rbegin(), std::make_reverse_iterator(begin), is_visible).base();
  std::vector<std::string> pieces;
  for (auto c = begin; c != end; ++c) pieces.emplace_back(c->bytes);
  return pieces;
}

std::vector<std::string> white_space_pieces(std::string_view text) {
  std::vector<std::string> pieces;
  bool inside = false;
  for (const Utf8Character& c : utf8_characters(text)) {
    if (!is_space(c)) {
      if (!inside) pieces.emplace_back();
      pieces.back() += c.bytes;
    }
    inside = !is_space(c);
  }
  return pieces;
}

std::string join(const std::vector<std::string>& pieces, std::string_view separator) {
  return fmt::format("{}", fmt::join(pieces, separator));
}

const std::array<VocabularyTokenizer::Rule, 3> kRules{{
    {"word", word_pieces, join_words},
    {"char", character_pieces,
     [](const std::vector<std::string>& pieces) { return join(pieces, ""); }},
    {"symbols", white_space_pieces,
     [](const std::vector<std::string>& pieces) { return join(pieces, " "); }},
}};

}  // namespace

std::vector<std::string> word_pieces(std::string_view text) {
  std::vector<std::string> pieces;
  enum { kNothing, kWord, kMark } before = kNothing;  // what the next character touches
  for (const Utf8Character& c : utf8_characters(text)) {
    if (is_space(c)) {
      before = kNothing;
    } else if (is_word(c)) {
      if (before == kMark) pieces.back() += kJoiner;
      if (before != kWord) pieces.emplace_back();
      pieces.back() += c.bytes;
      before = kWord;
    } else {
      pieces.emplace_back(before == kNothing ? "" : kJoiner);
      pieces.back() += c.bytes == kJoiner ? kJoinerInText : c.bytes;
      before = kMark;
    }
  }
  return pieces;
}

std::string join_words(const std::vector<std::string>& pieces) {
  std::string text;
  bool glue = true;  // nothing stands before the first piece
  for (std::string_view piece : pieces) {
    if (piece.starts_with(kJoiner)) {
      piece.remove_prefix(kJoiner.size());
      glue = true;
    }
    if (!glue) text += ' ';
    glue = piece.ends_with(kJoiner);
    if (glue) piece.remove_suffix(kJoiner.size());
    text += piece;
  }
  return text;
}

const VocabularyTokenizer::Rule* VocabularyTokenizer::find_rule(std::string_view kind) {
  const auto found = std::find_if(kRules.begin(), kRules.end(),
                                  [&](const Rule& rule) { return rule.kind == kind; });
  return found == kRules.end() ? nullptr : &*found;
}

VocabularyTokenizer::VocabularyTokenizer(const Rule& rule, std::vector<std::string> pieces)
    : rule_(rule), pieces_(kSpecialTokens) {
  for (std::string& piece : pieces) {
    const bool is_new = ids_.emplace(piece, static_cast<TokenId>(pieces_.size())).second;
    check(is_new, "VocabularyTokenizer: \"{}\" occurs twice", piece);
    pieces_.push_back(std::move(piece));
  }
}

std::unique_ptr<Tokenizer> VocabularyTokenizer::train(
    const Rule& rule, const TokenizerOptions& options,
    const std::vector<const std::string*>& lines) {
  std::unordered_map<std::string, Index> counts;
  for (const std::string* line : lines) {
    for (std::string& piece : rule.split(*line)) ++counts[std::move(piece)];
  }
  std::vector<std::pair<std::string, Index>> ranked;
  for (const auto& [piece, count] : counts) {
    if (count >= options.minimum_frequency) ranked.emplace_back(piece, count);
  }
  if (ranked.empty()) {
    throw RuntimeFailure(fmt::format(
        "no vocabulary: none of the {} different {} tokens in {} lines occurs {} times; expected "
        "text: check the data or lower the minimum frequency",
        counts.size(), rule.kind, lines.size(), options.minimum_frequency));
  }
  std::sort(ranked.begin(), ranked.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  const auto limit = static_cast<std::size_t>(options.vocabulary - kFirstFree);
  ranked.resize(std::min(ranked.size(), limit));
  std::vector<std::string> pieces;
  for (auto& entry : ranked) pieces.push_back(std::move(entry.first));
  return std::make_unique<VocabularyTokenizer>(rule, std::move(pieces));
}

Sentence VocabularyTokenizer::encode(std::string_view text) const {
  Sentence sentence;
  for (const std::string& piece : rule_.split(text)) {
    const auto found = ids_.find(piece);
    sentence.push_back(found == ids_.end() ? kUnk : found->second);
  }
  return sentence;
}

std::vector<TextSpan> VocabularyTokenizer::spans(std::string_view text) const {
  std::vector<TextSpan> spans;
  std::size_t place = 0;
  for (std::string_view piece : rule_.split(text)) {
    if (rule_.split == word_pieces) piece = without_joiners(piece);
    // White space that is no piece itself lies before the next one.
    while (!text.substr(place).starts_with(piece) &&
           is_space(first_utf8_character(text.substr(place)))) {
      place += first_utf8_character(text.substr(place)).bytes.size();
    }
    spans.push_back({place, place + piece.size()});
    place += piece.size();
  }
  return spans;
}

std::string VocabularyTokenizer::decode(std::span<const TokenId> tokens) const {
  std::vector<std::string> pieces;
  for (const TokenId id : tokens) {
    if (id == kUnk || id >= kFirstFree) pieces.push_back(token(id));
  }
  return rule_.join(pieces);
}

std::string VocabularyTokenizer::token(TokenId id) const {
  check(id >= 0 && id < vocabulary_size(), "token {} of {}", id, vocabulary_size());
  return pieces_[static_cast<std::size_t>(id)];
}

void VocabularyTokenizer::save(const std::filesystem::path& file) const {
  std::string content;
  for (auto piece = pieces_.begin() + kFirstFree; piece != pieces_.end(); ++piece) {
    content += *piece + '\n';
  }
  write_vocabulary_file(file, rule_.kind, content);
}

}  // namespace seqlab
