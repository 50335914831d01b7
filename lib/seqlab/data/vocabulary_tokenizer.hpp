#pragma once

// Tokenizers that cut text into pieces by a fixed rule and look the pieces up in a list.

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "seqlab/data/tokenizer.hpp"

namespace seqlab {

/// Words and punctuation marks. A word is a longest run of letters, digits and combining marks;
/// every other character that is not white space is a piece of its own. Case is kept.
///
/// Where a punctuation mark touches its neighbour, it says so by a joiner "￭" on that side:
///   "Don't (ever) stop."  ->  Don ￭'￭ t (￭ ever ￭) stop ￭.
/// so the text can be put together again exactly, up to white space, and a word is the same token
/// with and without punctuation around it.
std::vector<std::string> word_pieces(std::string_view text);

/// The inverse of word_pieces.
std::string join_words(const std::vector<std::string>& pieces);

/// Kinds `word`, `char` and `symbols`.
class VocabularyTokenizer : public Tokenizer {
 public:
  /// How a kind cuts text and puts it together.
  struct Rule {
    std::string kind;
    std::vector<std::string> (*split)(std::string_view text);
    std::string (*join)(const std::vector<std::string>& pieces);
  };

  /// nullptr if there is no such kind.
  static const Rule* find_rule(std::string_view kind);

  /// `pieces` get the ids from kFirstFree on and must differ.
  VocabularyTokenizer(const Rule& rule, std::vector<std::string> pieces);

  /// The most frequent pieces; among equally frequent ones, the first in byte order.
  static std::unique_ptr<Tokenizer> train(const Rule& rule, const TokenizerOptions& options,
                                          const std::vector<const std::string*>& lines);

  Sentence encode(std::string_view text) const override;
  std::vector<TextSpan> spans(std::string_view text) const override;
  std::string decode(std::span<const TokenId> tokens) const override;
  std::string token(TokenId id) const override;
  Index vocabulary_size() const override { return static_cast<Index>(pieces_.size()); }
  void save(const std::filesystem::path& file) const override;

 private:
  const Rule& rule_;
  std::vector<std::string> pieces_;  // by id, special tokens included
  std::unordered_map<std::string, TokenId> ids_;
};

}  // namespace seqlab
