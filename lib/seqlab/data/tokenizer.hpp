#pragma once

// Text to token ids and back. Whatever the kind, the ids kPad, kBos, kEos and kUnk are the same,
// `encode` adds no begin or end marks, and `decode` leaves them out.
//
//   sentencepiece  sub-words: byte-pair encoding (Sennrich et al. 2016) or the unigram model
//                  (Kudo 2018), with SentencePiece's default normalisation (NFKC, white space)
//   word           words and punctuation marks, see word_pieces in vocabulary_tokenizer.hpp
//   char           UTF-8 code points
//   symbols        white-space separated symbols, for synthetic tasks

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "seqlab/data/batch.hpp"

namespace seqlab {

/// Bytes [begin, end) of a text.
struct TextSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
};

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  /// Any valid UTF-8 text without line ends; what the vocabulary lacks becomes kUnk. Text without
  /// anything but white space has no tokens (except for `char`, where white space counts).
  virtual Sentence encode(std::string_view text) const = 0;

  /// The part of the text that each token of encode(text) stands for; white space before a word may
  /// belong to it.
  virtual std::vector<TextSpan> spans(std::string_view text) const = 0;

  /// The inverse, up to white space and normalisation; kUnk becomes "<unk>".
  virtual std::string decode(std::span<const TokenId> tokens) const = 0;

  /// What a token looks like in a table or an attention plot.
  virtual std::string token(TokenId id) const = 0;

  /// Ids run from 0 to vocabulary_size() - 1.
  virtual Index vocabulary_size() const = 0;

  /// Writes what load_tokenizer reads. Throws RuntimeFailure if that fails.
  virtual void save(const std::filesystem::path& file) const = 0;
};

struct TokenizerOptions {
  std::string kind = "sentencepiece";       ///< sentencepiece | word | char | symbols
  std::string sentencepiece_model = "bpe";  ///< bpe | unigram
  Index vocabulary = 8000;                  ///< largest size, the four special tokens included
  bool joint = false;                       ///< one vocabulary for source and target
  Index minimum_frequency = 1;              ///< word, char, symbols: rarer ones become kUnk
};

/// Learns a vocabulary; the same lines give the same vocabulary. It may be smaller than asked for
/// if the text does not offer more.
/// Throws UsageError on unknown names and impossible sizes, RuntimeFailure on text without tokens.
std::unique_ptr<Tokenizer> train_tokenizer(const TokenizerOptions& options,
                                           const std::vector<const std::string*>& lines);

/// Throws RuntimeFailure if the file is missing, damaged or no vocabulary.
std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& file);

/// The tokenizers of the two sides; the same object twice if the vocabulary is joint.
struct TokenizerPair {
  std::shared_ptr<const Tokenizer> source;
  std::shared_ptr<const Tokenizer> target;

  bool joint() const { return source == target; }

  /// Writes source.vocab and target.vocab, or joint.vocab, into an existing folder.
  void save(const std::filesystem::path& folder) const;
  static TokenizerPair load(const std::filesystem::path& folder);
  static TokenizerPair train(const TokenizerOptions& options,
                             const std::vector<std::string>& source,
                             const std::vector<std::string>& target);
};

}  // namespace seqlab
