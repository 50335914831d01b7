#include "seqlab/data/corpus.hpp"

#include <doctest/doctest.h>

#include "support.hpp"

namespace {

using namespace seqlab;

using Lines = std::vector<std::string>;

TokenizerPair word_tokenizers(const ParallelText& text) {
  TokenizerOptions options;
  options.kind = "word";
  return TokenizerPair::train(options, text.source, text.target);
}

}  // namespace

TEST_CASE("read_parallel pairs the lines of two files") {
  const TemporaryFolder folder;
  const auto source = write(folder, "es",
                                   "\xEF\xBB\xBF"
                                   "uno\r\n\r\ntres");
  const auto target = write(folder, "en", "one\ntwo\nthree\n");
  const ParallelText text = read_parallel(source, target);
  CHECK(text.size() == 3);
  CHECK(text.source == Lines{"uno", "", "tres"});
  CHECK(text.target == Lines{"one", "two", "three"});
}

TEST_CASE("read_parallel names both files and counts when they do not match") {
  const TemporaryFolder folder;
  const auto source = write(folder, "es", "uno\ndos\n");
  const auto target = write(folder, "en", "one\n");
  const std::string message = message_of<RuntimeFailure>([&] { read_parallel(source, target); });
  CHECK(contains(message, source.string() + " has 2 lines, but " + target.string() + " has 1"));

  const auto empty = write(folder, "empty", "");
  CHECK(contains(message_of<RuntimeFailure>([&] { read_parallel(source, empty); }),
                 empty.string() + ": the file is empty"));
  CHECK(contains(message_of<RuntimeFailure>([&] { read_parallel(empty, empty); }),
                 empty.string() + ": the file is empty"));
  CHECK(contains(message_of<RuntimeFailure>([&] { read_parallel(source, folder.path() / "no"); }),
                 "no: cannot be read"));
}

TEST_CASE("read_parallel_tsv wants the same columns in every line") {
  const TemporaryFolder folder;
  const ParallelText text = read_parallel_tsv(write(folder, "good", "uno\tone\r\n\ttwo\n"));
  CHECK(text.source == Lines{"uno", ""});
  CHECK(text.target == Lines{"one", "two"});

  const auto error = [&](const std::string& content) {
    return message_of<RuntimeFailure>([&] { read_parallel_tsv(write(folder, "bad", content)); });
  };
  CHECK(contains(error("a\tb\nc\n"), "bad:2: 0 tab(s) in the line; expected 2 columns"));
  CHECK(contains(error("a\tb\tc\n"), "bad:1: 2 tab(s)"));
  CHECK(contains(error("a\tb\n\n"), "bad:2: 0 tab(s)"));
  CHECK(contains(error(""), "bad: the file is empty"));
}

TEST_CASE("read_parallel_tsv can choose columns") {
  const TemporaryFolder folder;
  const auto file = write(folder, "wide", "1\tone\tuno\n2\ttwo\tdos\n");
  const ParallelText text = read_parallel_tsv(file, {.source = 3, .target = 2, .total = 3});
  CHECK(text.source == Lines{"uno", "dos"});
  CHECK(text.target == Lines{"one", "two"});
  CHECK(contains(message_of<UsageError>([&] {
                   read_parallel_tsv(file, {0, 2, 3});
                 }),
                 "columns 0 and 2 of 3: expected numbers from 1 to 3"));
}

TEST_CASE("make_training_corpus drops and counts empty and too long pairs") {
  const ParallelText text{{"a", "a b c d", "", "a b", "b", " "}, {"x", "x", "x", "x y z", "", " "}};
  const TokenizerPair tokenizers = word_tokenizers(text);
  FilterReport report;
  const Corpus all = make_training_corpus(text, tokenizers, 0, 0, &report);
  CHECK(all.line == std::vector<std::size_t>{0, 1, 3});
  CHECK(report.empty == 3);
  CHECK(report.too_long == 0);

  const Corpus some = make_training_corpus(text, tokenizers, 3, 3, &report);
  CHECK(some.line == std::vector<std::size_t>{0, 3});
  CHECK(some.source[1] == tokenizers.source->encode("a b"));
  CHECK(some.target[1] == tokenizers.target->encode("x y z"));
  CHECK(report.pairs == 6);
  CHECK(report.kept == 2);
  CHECK(report.empty == 3);
  CHECK(report.too_long == 1);
  CHECK(report.source_tokens == 3);
  CHECK(report.target_tokens == 4);
  CHECK(report.summary() ==
        "6 pairs: 2 kept, 3 with an empty side, 1 too long; 3 source tokens (0.00 % unknown), 4 "
        "target tokens (0.00 % unknown)");
  CHECK(make_training_corpus(text, tokenizers, 0, 2).line == std::vector<std::size_t>{0, 1});
}

TEST_CASE("make_training_corpus says why nothing is left") {
  const std::string long_line = "a b c d e f g h i j k";
  const ParallelText text{{long_line, "", long_line}, {"x", "x", "x"}};
  const TokenizerPair tokenizers = word_tokenizers(text);
  FilterReport report;
  const std::string message =
      message_of<RuntimeFailure>([&] { make_training_corpus(text, tokenizers, 10, 0, &report); });
  CHECK(contains(message, "of 3 pairs, 1 have an empty side and 2 are too long"));
  CHECK(contains(message, "source 10, target no limit"));
  CHECK(contains(message, "longer side: 1-10: 1, 11-20: 2;"));
  CHECK(report.too_long == 2);
}

TEST_CASE("make_test_corpus keeps every pair and counts nothing out") {
  const ParallelText text{{"a", "", "new words"}, {"", "x", "x"}};
  const Corpus corpus = make_test_corpus(text, word_tokenizers({{"a"}, {"x"}}));
  CHECK(corpus.size() == 3);
  CHECK(corpus.line == std::vector<std::size_t>{0, 1, 2});
  CHECK(corpus.source[1].empty());
  CHECK(corpus.target[0].empty());
  CHECK(corpus.source[2] == Sentence{kUnk, kUnk});
}
