#include "seqlab/data/sentencepiece_tokenizer.hpp"

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include <sentencepiece_processor.h>
#include <sentencepiece_trainer.h>
#include <unicode/uchar.h>

#include "seqlab/data/text_file.hpp"
#include "seqlab/data/utf8.hpp"
#include "seqlab/data/vocabulary_file.hpp"
#include "seqlab/error.hpp"

namespace seqlab {
namespace {

using Lines = std::vector<const std::string*>;

class LineIterator : public sentencepiece::SentenceIterator {
 public:
  explicit LineIterator(const Lines& lines) : lines_(lines) {}
  bool done() const override { return position_ == lines_.size(); }
  void Next() override { ++position_; }
  const std::string& value() const override { return *lines_[position_]; }
  sentencepiece::util::Status status() const override { return {}; }

 private:
  const Lines& lines_;
  std::size_t position_ = 0;
};

/// Every character gets a token of its own, so that all text can be written. Only if that took
/// more than a quarter of the vocabulary (Chinese, noise), the rarest 0.05 % become unknown.
std::string character_coverage(const Lines& lines, Index vocabulary) {
  std::unordered_set<std::int32_t> alphabet;
  for (const std::string* line : lines) {
    for (const Utf8Character& character : utf8_characters(*line)) alphabet.insert(character.code);
  }
  return static_cast<Index>(alphabet.size()) * 4 <= vocabulary ? "1.0" : "0.9995";
}

/// Whether SentencePiece's normalization leaves something of a character: it drops controls and
/// formats and makes a space of white space, of the replacement character and of its own mark.
bool is_text(std::int32_t code) {
  constexpr std::int32_t kWordMark = 0x2581, kReplacement = 0xFFFD;
  constexpr std::uint32_t kDropped = U_GC_CC_MASK | U_GC_CF_MASK | U_GC_Z_MASK;
  return code != kInvalidCharacter && code != kWordMark && code != kReplacement &&
         (U_GET_GC_MASK(code) & kDropped) == 0;
}

bool has_text(const Lines& lines) {
  return std::any_of(lines.begin(), lines.end(), [](const std::string* line) {
    const std::vector<Utf8Character> characters = utf8_characters(*line);
    return std::any_of(characters.begin(), characters.end(),
                       [](const Utf8Character& character) { return is_text(character.code); });
  });
}

}  // namespace

SentencePieceTokenizer::SentencePieceTokenizer(std::string model)
    : model_(std::move(model)),
      processor_(std::make_unique<sentencepiece::SentencePieceProcessor>()) {
  const auto status = processor_->LoadFromSerializedProto(model_);
  const bool ours = status.ok() && processor_->pad_id() == kPad && processor_->bos_id() == kBos &&
                    processor_->eos_id() == kEos && processor_->unk_id() == kUnk;
  if (!ours) {
    throw RuntimeFailure(fmt::format(
        "the SentencePiece model cannot be used ({}); expected pad, begin, end and unknown to have "
        "the ids {} to {}: train the vocabulary with this program",
        status.ok() ? "other special tokens" : status.ToString(), kPad, kUnk));
  }
}

SentencePieceTokenizer::~SentencePieceTokenizer() = default;

std::unique_ptr<Tokenizer> SentencePieceTokenizer::train(const TokenizerOptions& options,
                                                         const Lines& lines) {
  if (options.sentencepiece_model != "bpe" && options.sentencepiece_model != "unigram") {
    throw UsageError(fmt::format("unknown SentencePiece model \"{}\"; expected bpe or unigram",
                                 options.sentencepiece_model));
  }
  if (!has_text(lines)) {
    throw RuntimeFailure(
        fmt::format("no vocabulary: the {} lines have no text; expected sentences: check the data",
                    lines.size()));
  }
  const std::unordered_map<std::string, std::string> settings = {
      {"model_type", options.sentencepiece_model},
      {"vocab_size", std::to_string(options.vocabulary)},
      {"hard_vocab_limit", "false"},  // little text gives a small vocabulary, no error
      {"character_coverage", character_coverage(lines, options.vocabulary)},
      {"pad_id", std::to_string(kPad)},
      {"bos_id", std::to_string(kBos)},
      {"eos_id", std::to_string(kEos)},
      {"unk_id", std::to_string(kUnk)},
      {"unk_surface", "<unk>"},
      {"max_sentence_length", std::to_string(kMaxLineBytes)},
      {"input_sentence_size", "0"},
      {"num_threads", "1"},
      {"minloglevel", "2"},
  };
  sentencepiece::SetRandomGeneratorSeed(1);
  LineIterator iterator(lines);
  std::string model;
  const auto status = sentencepiece::SentencePieceTrainer::Train(settings, &iterator, &model);
  if (!status.ok()) {
    throw UsageError(fmt::format(
        "SentencePiece ({}) cannot make a vocabulary of {} from {} lines: {}; expected a size "
        "above the number of different characters: change the vocabulary size",
        options.sentencepiece_model, options.vocabulary, lines.size(), status.ToString()));
  }
  return std::make_unique<SentencePieceTokenizer>(std::move(model));
}

Sentence SentencePieceTokenizer::encode(std::string_view text) const {
  std::vector<int> ids;
  const auto status = processor_->Encode(text, &ids);
  check(status.ok(), "SentencePiece: {}", status.ToString());
  return {ids.begin(), ids.end()};
}

std::vector<TextSpan> SentencePieceTokenizer::spans(std::string_view text) const {
  const auto encoded = processor_->EncodeAsImmutableProto(text);
  std::vector<TextSpan> spans;
  for (std::size_t i = 0; i < encoded.pieces_size(); ++i) {
    const auto piece = encoded.pieces(static_cast<int>(i));
    spans.push_back({piece.begin(), piece.end()});
  }
  return spans;
}

std::string SentencePieceTokenizer::decode(std::span<const TokenId> tokens) const {
  for (const TokenId id : tokens) {
    check(id >= 0 && id < vocabulary_size(), "token {} of {}", id, vocabulary_size());
  }
  std::string text;
  const auto status = processor_->Decode(std::vector<int>(tokens.begin(), tokens.end()), &text);
  check(status.ok(), "SentencePiece: {}", status.ToString());
  return text;
}

std::string SentencePieceTokenizer::token(TokenId id) const {
  check(id >= 0 && id < vocabulary_size(), "token {} of {}", id, vocabulary_size());
  return processor_->IdToPiece(id);
}

Index SentencePieceTokenizer::vocabulary_size() const { return processor_->GetPieceSize(); }

void SentencePieceTokenizer::save(const std::filesystem::path& file) const {
  write_vocabulary_file(file, "sentencepiece", model_);
}

}  // namespace seqlab
