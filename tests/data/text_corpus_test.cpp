#include "seqlab/data/text_corpus.hpp"

#include <doctest/doctest.h>

#include "support.hpp"

namespace {

using namespace seqlab;

const std::vector<std::string> kLines = {"a b c", "", "d e", "a b c d e f g", "g"};

TokenizerPair word_tokenizers() {
  TokenizerOptions options;
  options.kind = "word";
  options.joint = true;
  return TokenizerPair::train(options, {}, kLines);
}

std::vector<std::size_t> lengths_of(const Corpus& corpus) {
  std::vector<std::size_t> lengths;
  for (const Sentence& sentence : corpus.target) lengths.push_back(sentence.size());
  return lengths;
}

/// Predicted tokens, the end mark of each sequence included.
std::size_t predicted(const Corpus& corpus) {
  std::size_t tokens = 0;
  for (const Sentence& sentence : corpus.target) tokens += sentence.size() + 1;
  return tokens;
}

}  // namespace

TEST_CASE("Plain text by line: a training line is a sentence, empty and long ones are dropped") {
  const TokenizerPair tokenizers = word_tokenizers();
  FilterReport report;
  const Corpus corpus = make_training_text(kLines, *tokenizers.target, {}, 5, &report);
  CHECK(lengths_of(corpus) == std::vector<std::size_t>{3, 2, 1});
  CHECK(corpus.line == std::vector<std::size_t>{0, 2, 4});
  CHECK(corpus.source == std::vector<Sentence>(3));
  CHECK(report.pairs == 5);
  CHECK(report.empty == 1);
  CHECK(report.too_long == 1);
  CHECK(contains(report.summary(), "5 lines: 3 kept, 1 empty, 1 too long; 6 tokens"));
  CHECK(contains(message_of<RuntimeFailure>([&] {
                   make_training_text({"", ""}, *tokenizers.target, {}, 0);
                 }),
                 "no training line is left: of 2 lines, 2 are empty"));
}

TEST_CASE("Packed text: blocks of whole lines; each line is predicted once, as by line") {
  const TokenizerPair tokenizers = word_tokenizers();
  const Corpus packed = make_test_text(kLines, *tokenizers.target, {true, 6});
  // "a b c </s> </s>" with room for one token, "d e" does not fit, a long line, "g" alone.
  CHECK(lengths_of(packed) == std::vector<std::size_t>{4, 2, 7, 1});
  CHECK(packed.target[0].back() == kEos);
  CHECK(packed.line == std::vector<std::size_t>{0, 2, 3, 4});
  const Corpus by_line = make_test_text(kLines, *tokenizers.target, {});
  CHECK(by_line.size() == kLines.size());
  CHECK(predicted(packed) == predicted(by_line));
  CHECK(make_test_text(kLines, *tokenizers.target, {true, 1000}).size() == 1);
}

TEST_CASE("Bytes of a text have its line ends") {
  CHECK(text_bytes({"ab", "", "\xC3\xA9"}) == 3 + 1 + 3);
}
