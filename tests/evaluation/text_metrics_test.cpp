// Properties of the metrics on text that need no outside numbers.

#include "seqlab/error.hpp"
#include "seqlab/evaluation/bleu.hpp"
#include "seqlab/evaluation/chrf.hpp"

#include <doctest/doctest.h>

#include <cmath>

namespace seqlab {
namespace {

using Lines = std::vector<std::string>;

const Lines kHypotheses{"the cat sat on the mat today", "a dog ran", "and there was light",
                        "in the beginning was the word"};
const std::vector<Lines> kReferences{{"the cat sat on the mat", "a dog ran away from the house",
                                      "and there was some light", "in the beginning was the word"}};

TEST_CASE("BLEU of a worked example") {
  // Words: 7 against 6; correct 6/7, 5/6, 4/5, 3/4; longer than the reference, so no penalty.
  const BleuOptions options;
  const BleuScore score =
      bleu_score(bleu_statistics(kHypotheses[0], Lines{kReferences[0][0]}, options), options);
  CHECK(score.score == doctest::Approx(100 * std::pow(6.0 / 7 * 5 / 6 * 4 / 5 * 3 / 4, 0.25)));
  CHECK(verbose(score) == "85.7/83.3/80.0/75.0 (BP = 1.000 ratio = 1.167 hyp_len = 7 ref_len = 6)");
}

TEST_CASE("statistics of parts add up to those of the corpus") {
  const BleuOptions bleu;
  const auto sentences = bleu_statistics(kHypotheses, kReferences, bleu);
  BleuStatistics backwards;
  for (auto i = sentences.rbegin(); i != sentences.rend(); ++i) backwards += *i;
  CHECK(bleu_score(backwards, bleu).score == bleu_score(sentences, bleu).score);
  CHECK(backwards.hypothesis_length == 20);
  CHECK(backwards.total == std::vector<std::int64_t>{20, 16, 12, 8});

  const ChrfOptions chrf{.word_order = 2};
  const auto chrf_sentences = chrf_statistics(kHypotheses, kReferences, chrf);
  ChrfStatistics sum;
  for (const ChrfStatistics& sentence : chrf_sentences) sum += sentence;
  CHECK(sum.orders.size() == 8);
  CHECK(chrf_score(sum, chrf) == chrf_score(chrf_sentences, chrf));
}

TEST_CASE("a perfect translation scores 100, an empty one 0") {
  const Lines sentence{"in the beginning was the word"};
  const BleuOptions bleu;
  const ChrfOptions chrf;
  CHECK(bleu_score(bleu_statistics(sentence[0], sentence, bleu), bleu).score ==
        doctest::Approx(100));
  CHECK(chrf_score(chrf_statistics(sentence[0], sentence, chrf), chrf) == doctest::Approx(100));
  CHECK(bleu_score(bleu_statistics("", sentence, bleu), bleu).score == 0);
  CHECK(chrf_score(chrf_statistics("", sentence, chrf), chrf) == 0);
  CHECK(bleu_score(BleuStatistics{}, bleu).score == 0);
  CHECK(chrf_score(ChrfStatistics{}, chrf) == 0);
}

TEST_CASE("of two equally close references the shorter counts") {
  const BleuOptions options;
  CHECK(bleu_statistics("a b c d", Lines{"a b c d e f", "a b"}, options).reference_length == 2);
  CHECK(bleu_statistics("a b c d", Lines{"a b", "a b c d e"}, options).reference_length == 5);
}

TEST_CASE("ill-formed UTF-8 counts as replacement characters") {
  CHECK(decode_utf8("a\xFFz") == U"a\uFFFDz");
  CHECK(encode_utf8(U"a\U0001F600") == "a\xF0\x9F\x98\x80");
}

TEST_CASE("unknown names list the valid ones") {
  CHECK_THROWS_WITH_AS(parse_text_tokenizer("13b"),
                       "unknown tokenizer '13b'; valid ones are: 13a, intl, char, none",
                       UsageError);
  CHECK_THROWS_WITH_AS(parse_bleu_smoothing("add-1"),
                       "unknown smoothing method 'add-1'; valid ones are: none, floor, add-k, exp",
                       UsageError);
}

TEST_CASE("impossible calls are errors of the program") {
  const BleuOptions options;
  CHECK_THROWS_AS(bleu_statistics("a", Lines{}, options), std::logic_error);
  CHECK_THROWS_AS(bleu_statistics(Lines{"a"}, std::vector<Lines>{{"a", "b"}}, options),
                  std::logic_error);
  CHECK_THROWS_AS(chrf_statistics("a", Lines{"a"}, ChrfOptions{.char_order = 0}), std::logic_error);
}

TEST_CASE("the signature names our own version") {
  CHECK(to_string(signature(BleuOptions{}, 2)) ==
        "nrefs:2|case:mixed|eff:no|tok:13a|smooth:exp|version:seqlab-0.1.0");
  CHECK(to_string(signature(ChrfOptions{}, 1)) ==
        "nrefs:1|case:mixed|eff:yes|nc:6|nw:0|space:no|version:seqlab-0.1.0");
}

}  // namespace
}  // namespace seqlab
