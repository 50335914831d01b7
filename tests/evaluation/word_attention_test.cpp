#include "seqlab/evaluation/word_attention.hpp"

#include <doctest/doctest.h>

using namespace seqlab;

namespace {

using Strings = std::vector<std::string>;

Strings parts(const std::string& text, const std::vector<TextSpan>& spans) {
  Strings words;
  for (const TextSpan& span : spans)
    words.push_back(text.substr(span.begin, span.end - span.begin));
  return words;
}

Strings words_of(const std::string& text, WordRule rule) {
  return parts(text, word_spans(text, rule));
}

Strings tokens_of(const TokenizerOptions& options, const std::string& text) {
  const auto tokenizer = train_tokenizer(options, {&text});
  REQUIRE(tokenizer->encode(text).size() == tokenizer->spans(text).size());
  return parts(text, tokenizer->spans(text));
}

}  // namespace

TEST_CASE("Words: marks apart, or what stands between white space") {
  const std::string text = "Don't stop -- first-born, \"él\"'s x_1.";
  CHECK(words_of(text, WordRule::marks) == Strings{"Don't", "stop", "-", "-", "first-born", ",",
                                                   "\"", "él", "\"", "'", "s", "x", "_", "1", "."});
  CHECK(words_of(text, WordRule::spaces) ==
        Strings{"Don't", "stop", "--", "first-born,", "\"él\"'s", "x_1."});
  CHECK(words_of("  ", WordRule::marks).empty());
}

TEST_CASE("Tokens of every tokenizer lie where they stand in the text") {
  CHECK(tokens_of({.kind = "symbols"}, " a  bc ") == Strings{"a", "bc"});
  CHECK(tokens_of({.kind = "char"}, "é a") == Strings{"é", " ", "a"});
  CHECK(tokens_of({.kind = "word"}, "Say (\"yes\") ￭") ==
        Strings{"Say", "(", "\"", "yes", "\"", ")", "￭"});
  std::string together;
  const std::string text = "Y dijo: ¡Sea la luz!";
  for (const std::string& token : tokens_of({.vocabulary = 40}, text)) together += token;
  CHECK(together == text);
}

TEST_CASE("Attention between words: sums over source words, means over target words") {
  // Source "ab, c" in the tokens "ab," and "c"; target "xyz" in the tokens "x" and "yz".
  const Matrix source = token_shares({{0, 3}, {3, 5}}, {{0, 2}, {2, 3}, {4, 5}});
  CHECK(ref(source).row(0)[0] == doctest::Approx(2.0 / 3));
  CHECK(ref(source).row(0)[1] == doctest::Approx(1.0 / 3));
  CHECK(ref(source).row(1)[2] == doctest::Approx(1));
  const Matrix target = token_shares({{0, 1}, {1, 3}}, {{0, 3}});
  const Matrix tokens{{0.6F, 0.2F, 0.2F}, {0.3F, 0.5F, 0.2F}, {0.0F, 0.0F, 1.0F}};
  const Matrix words = word_attention(tokens, source, target);
  REQUIRE(rows(words) == 1);
  CHECK(ref(words).row(0)[0] == doctest::Approx((0.6 + 0.3) / 2 * 2 / 3));
  CHECK(ref(words).row(0)[1] == doctest::Approx((0.6 + 0.3) / 2 / 3));
  CHECK(ref(words).row(0)[2] == doctest::Approx((0.2 + 0.5) / 2));
}

TEST_CASE("Attention between words: a token of nothing but white space belongs to none") {
  const Matrix shares = token_shares({{0, 1}, {1, 2}}, {{1, 2}});
  CHECK(ref(shares).row(0)[0] == 0);
  CHECK(ref(shares).row(1)[0] == 1);
}
