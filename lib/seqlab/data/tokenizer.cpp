#include "seqlab/data/tokenizer.hpp"

#include <algorithm>

#include "seqlab/data/sentencepiece_tokenizer.hpp"
#include "seqlab/data/vocabulary_file.hpp"
#include "seqlab/data/vocabulary_tokenizer.hpp"
#include "seqlab/error.hpp"

namespace seqlab {
namespace {

constexpr std::string_view kJointFile = "joint.vocab";
constexpr std::string_view kSourceFile = "source.vocab";
constexpr std::string_view kTargetFile = "target.vocab";

std::vector<const std::string*> pointers(const std::vector<std::string>& lines) {
  std::vector<const std::string*> result;
  for (const std::string& line : lines) result.push_back(&line);
  return result;
}

std::vector<std::string> split_lines(const std::string& content) {
  std::vector<std::string> lines;
  for (std::size_t start = 0; start < content.size();) {
    const std::size_t end = std::min(content.find('\n', start), content.size());
    lines.push_back(content.substr(start, end - start));
    start = end + 1;
  }
  return lines;
}

}  // namespace

std::unique_ptr<Tokenizer> train_tokenizer(const TokenizerOptions& options,
                                           const std::vector<const std::string*>& lines) {
  if (options.vocabulary <= kFirstFree) {
    throw UsageError(
        fmt::format("a vocabulary of {} has no room; expected more than the {} special tokens",
                    options.vocabulary, kFirstFree));
  }
  if (options.kind == "sentencepiece") return SentencePieceTokenizer::train(options, lines);
  if (const auto* rule = VocabularyTokenizer::find_rule(options.kind)) {
    return VocabularyTokenizer::train(*rule, options, lines);
  }
  throw UsageError(fmt::format(
      "unknown tokenizer \"{}\"; expected sentencepiece, word, char or symbols", options.kind));
}

std::unique_ptr<Tokenizer> load_tokenizer(const std::filesystem::path& file) {
  VocabularyFile saved = read_vocabulary_file(file);
  if (saved.kind == "sentencepiece") {
    return std::make_unique<SentencePieceTokenizer>(std::move(saved.content));
  }
  if (const auto* rule = VocabularyTokenizer::find_rule(saved.kind)) {
    return std::make_unique<VocabularyTokenizer>(*rule, split_lines(saved.content));
  }
  throw RuntimeFailure(fmt::format(
      "{}:1: unknown kind of vocabulary \"{}\"; expected sentencepiece, word, char or symbols: the "
      "file may be of a newer version",
      file.string(), saved.kind));
}

void TokenizerPair::save(const std::filesystem::path& folder) const {
  source->save(folder / (joint() ? kJointFile : kSourceFile));
  if (!joint()) target->save(folder / kTargetFile);
}

TokenizerPair TokenizerPair::load(const std::filesystem::path& folder) {
  if (std::filesystem::exists(folder / kJointFile)) {
    const std::shared_ptr<const Tokenizer> both = load_tokenizer(folder / kJointFile);
    return {both, both};
  }
  return {load_tokenizer(folder / kSourceFile), load_tokenizer(folder / kTargetFile)};
}

TokenizerPair TokenizerPair::train(const TokenizerOptions& options,
                                   const std::vector<std::string>& source,
                                   const std::vector<std::string>& target) {
  std::vector<const std::string*> lines = pointers(source);
  if (!options.joint) {
    return {train_tokenizer(options, lines), train_tokenizer(options, pointers(target))};
  }
  const std::vector<const std::string*> more = pointers(target);
  lines.insert(lines.end(), more.begin(), more.end());
  const std::shared_ptr<const Tokenizer> both = train_tokenizer(options, lines);
  return {both, both};
}

}  // namespace seqlab
