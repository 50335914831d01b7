#include "seqlab/evaluation/evaluate.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "seqlab/error.hpp"

using namespace seqlab;

namespace {

const std::vector<std::string> kHypotheses = {"the cat sat on the mat .",
                                              "a quick brown dog jumps over it", "yes", "",
                                              "and it came to pass in those days"};
const std::vector<std::string> kReferences = {
    "the cat sat on the mat .", "a quick brown fox jumped over it all", "no", "nothing here",
    "and it came to pass in those days , that"};
const std::vector<Index> kLengths = {6, 12, 1, 0, 30};
const std::vector<Index> kEnds = {9, 19, 29};

LossSum make_sum(double nll, Index tokens, Index correct, std::size_t sentences) {
  LossSum sum;
  sum.negative_log_likelihood = nll;
  sum.tokens = tokens;
  sum.correct = correct;
  sum.sentence_nll.resize(sentences);
  sum.sentence_correct.resize(sentences);
  return sum;
}

std::vector<LossSum> make_forced() {
  return {make_sum(std::log(4.0) * 10, 10, 5, 3), make_sum(std::log(2.0) * 10, 10, 9, 1),
          make_sum(0, 0, 0, 0), make_sum(std::log(8.0) * 20, 20, 6, 1)};
}

Evaluation evaluate_all(const std::vector<LossSum>& forced) {
  return evaluate(kHypotheses, kReferences, kLengths, make_length_buckets(kEnds), forced, {});
}

// BLEU of some sentences, read anew.
double bleu_of(const std::vector<std::size_t>& sentences) {
  std::vector<std::string> hypotheses;
  std::vector<std::vector<std::string>> references(1);
  for (const std::size_t i : sentences) {
    hypotheses.push_back(kHypotheses[i]);
    references[0].push_back(kReferences[i]);
  }
  return bleu_score(bleu_statistics(hypotheses, references, {}), {}).score;
}

}  // namespace

TEST_CASE("measures of all sentences and of each bucket") {
  const Evaluation found = evaluate_all(make_forced());
  CHECK(found.all.sentences == 5);
  CHECK(found.all.bleu.score == doctest::Approx(bleu_of({0, 1, 2, 3, 4})));
  CHECK(found.all.sentence_accuracy == doctest::Approx(0.2));
  CHECK(found.all.length_ratio == doctest::Approx(23.0 / 28.0));
  REQUIRE(found.all.forced);
  CHECK(found.all.forced->tokens == 40);
  CHECK(found.all.forced->token_accuracy == doctest::Approx(0.5));
  // The fourth root of 4 * 2 * 8 * 8.
  CHECK(found.all.forced->perplexity == doctest::Approx(std::pow(512.0, 0.25)));

  REQUIRE(found.by_length.size() == 3);  // none from 20 to 29
  CHECK(found.by_length[0].bucket.high == 9);
  CHECK(found.by_length[1].bucket.low == 10);
  CHECK(found.by_length[2].bucket.low == 30);
  CHECK(found.by_length[0].measures.sentences == 3);
  CHECK(found.by_length[0].measures.bleu.score == doctest::Approx(bleu_of({0, 2, 3})));
  CHECK(found.by_length[1].measures.bleu.score == doctest::Approx(bleu_of({1})));
  CHECK(found.by_length[2].measures.bleu.score == doctest::Approx(bleu_of({4})));
  CHECK(found.by_length[2].measures.bleu.score != doctest::Approx(found.all.bleu.score));
  CHECK(found.by_length[0].measures.sentence_accuracy == doctest::Approx(1.0 / 3));
  CHECK(found.by_length[1].measures.forced->perplexity == doctest::Approx(2));
  CHECK(found.by_length[2].measures.forced->token_accuracy == doctest::Approx(0.3));
  CHECK(found.by_length[2].measures.length_ratio == doctest::Approx(0.8));
}

TEST_CASE("perfect output scores full marks in every measure") {
  const std::vector<std::string> text = {"in the beginning God created the heaven"};
  const Evaluation found = evaluate(text, text, {8}, make_length_buckets({}), {}, {});
  CHECK(found.all.bleu.score == doctest::Approx(100));
  CHECK(found.all.chrf == doctest::Approx(100));
  CHECK(found.all.chrf_plus == doctest::Approx(100));
  CHECK(found.all.sentence_accuracy == 1);
  CHECK(found.all.length_ratio == 1);
  CHECK_FALSE(found.all.forced);
}

TEST_CASE("the JSON report holds every measure, null where unknown") {
  const Evaluation evaluation = evaluate_all(make_forced());
  const auto json = nlohmann::json::parse(evaluation_json(evaluation));
  CHECK(json["sentences"] == 5);
  CHECK(json["bleu"]["score"] == evaluation.all.bleu.score);
  CHECK(json["bleu"]["signature"] == evaluation.bleu_signature);
  CHECK(json["bleu"]["signature"].get<std::string>().find("tok:13a") != std::string::npos);
  CHECK(json["bleu"]["precisions"].size() == 4);
  CHECK(json["chrf2"]["score"] == evaluation.all.chrf);
  CHECK(json["chrf2++"]["score"] == evaluation.all.chrf_plus);
  CHECK(json["chrf2"]["signature"] != json["chrf2++"]["signature"]);
  CHECK(json["token_accuracy"] == 0.5);
  CHECK(json["target_tokens"] == 40);
  REQUIRE(json["by_length"].size() == 3);
  CHECK(json["by_length"][0]["low"] == 0);
  CHECK(json["by_length"][0]["high"] == 9);
  CHECK(json["by_length"][2]["high"].is_null());
  CHECK(json["by_length"][1]["bleu"] == evaluation.by_length[1].measures.bleu.score);

  const auto unknown = nlohmann::json::parse(evaluation_json(evaluate_all({})));
  CHECK(unknown["perplexity"].is_null());
  CHECK(unknown["by_length"][0]["token_accuracy"].is_null());

  std::vector<LossSum> diverged = make_forced();
  diverged[0].negative_log_likelihood = std::nan("");
  const auto bad = nlohmann::json::parse(evaluation_json(evaluate_all(diverged)));
  CHECK(bad["perplexity"].is_null());
}

TEST_CASE("the table by length has a row for each bucket and as many cells as its header") {
  for (const bool forced : {true, false}) {
    const std::string csv =
        by_length_csv(evaluate_all(forced ? make_forced() : std::vector<LossSum>{}));
    std::vector<std::string> lines;
    for (std::size_t begin = 0; begin < csv.size();) {
      const std::size_t end = csv.find('\n', begin);
      REQUIRE(end != std::string::npos);
      lines.push_back(csv.substr(begin, end - begin));
      begin = end + 1;
    }
    REQUIRE(lines.size() == 4);
    for (const std::string& line : lines) CHECK(std::count(line.begin(), line.end(), ',') == 10);
    CHECK(lines[0].starts_with("low,high,sentences,bleu,"));
    CHECK(lines[1].starts_with("0,9,3,"));
    CHECK(lines[3].starts_with("30,,1,"));
    CHECK(lines[1].ends_with(",,") == !forced);
    CHECK(lines[1].ends_with(",0.5,10") == forced);
  }
}

TEST_CASE("nothing to evaluate and sizes that do not agree") {
  CHECK_THROWS_AS(evaluate({}, {}, {}, make_length_buckets({}), {}, {}), RuntimeFailure);
  CHECK_THROWS_AS(evaluate({"a"}, {}, {1}, make_length_buckets({}), {}, {}), std::logic_error);
  CHECK_THROWS_AS(evaluate({"a"}, {"a"}, {1}, make_length_buckets({3}), {LossSum{}}, {}),
                  std::logic_error);
  CHECK_THROWS_AS(evaluate({"a"}, {"a"}, {1}, make_length_buckets({3}), {LossSum{}, LossSum{}}, {}),
                  std::logic_error);
}
