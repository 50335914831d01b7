#pragma once

// Sub-words by Google's SentencePiece library (Kudo and Richardson 2018).

#include <memory>
#include <string>
#include <string_view>

#include "seqlab/data/tokenizer.hpp"

namespace sentencepiece {
class SentencePieceProcessor;
}

namespace seqlab {

class SentencePieceTokenizer : public Tokenizer {
 public:
  /// `model` is a serialised SentencePiece model. Throws RuntimeFailure if it is none of ours.
  explicit SentencePieceTokenizer(std::string model);
  ~SentencePieceTokenizer() override;

  /// One thread and all lines, so that the result depends on the lines and the options only.
  static std::unique_ptr<Tokenizer> train(const TokenizerOptions& options,
                                          const std::vector<const std::string*>& lines);

  Sentence encode(std::string_view text) const override;
  std::vector<TextSpan> spans(std::string_view text) const override;
  std::string decode(std::span<const TokenId> tokens) const override;
  std::string token(TokenId id) const override;
  Index vocabulary_size() const override;
  void save(const std::filesystem::path& file) const override;

 private:
  std::string model_;
  std::unique_ptr<sentencepiece::SentencePieceProcessor> processor_;
};

}  // namespace seqlab
