// Scores, statistics and signatures against what sacreBLEU gave (tests/golden/sacrebleu_golden.py).

#include "seqlab/evaluation/bleu.hpp"
#include "seqlab/evaluation/chrf.hpp"
#include "seqlab/evaluation/text_tokenizers.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>

namespace seqlab {
namespace {

using nlohmann::json;

constexpr double kTolerance = 1e-6;

const json& golden() {
  static const json content = [] {
    std::ifstream file(SEQLAB_SOURCE_DIR "/tests/golden/sacrebleu.json");
    REQUIRE(file.is_open());
    return json::parse(file);
  }();
  return content;
}

std::vector<std::string> sentences(const json& indices) {
  std::vector<std::string> result;
  for (const json& index : indices) result.push_back(golden().at("sentences").at(index.get<int>()));
  return result;
}

std::vector<std::vector<std::string>> reference_lists(const json& golden_case) {
  std::vector<std::vector<std::string>> result;
  for (const json& indices : golden_case.at("references")) result.push_back(sentences(indices));
  return result;
}

std::string joined(std::u32string_view text) {
  std::string result;
  for (const std::u32string_view word : split_words(text)) {
    if (!result.empty()) result += ' ';
    result += encode_utf8(word);
  }
  return result;
}

void check_close(const std::vector<double>& ours, const std::vector<double>& theirs) {
  REQUIRE(ours.size() == theirs.size());
  for (std::size_t i = 0; i < ours.size(); ++i) CHECK(std::abs(ours[i] - theirs[i]) <= kTolerance);
}

/// A signature without its last part, the version.
std::string without_version(const Signature& full) {
  REQUIRE(full.back().first == "version");
  return to_string(Signature(full.begin(), full.end() - 1));
}

BleuOptions bleu_options(const json& golden_case) {
  BleuOptions options;
  options.tokenizer = parse_text_tokenizer(golden_case.at("tokenize").get<std::string>());
  options.lowercase = golden_case.at("lowercase");
  options.smoothing = parse_bleu_smoothing(golden_case.at("smooth_method").get<std::string>());
  const json& value = golden_case.at("smooth_value");
  if (!value.is_null()) options.smooth_value = value.get<double>();
  options.max_order = golden_case.at("max_ngram_order");
  options.effective_order = golden_case.at("effective_order");
  return options;
}

ChrfOptions chrf_options(const json& golden_case) {
  ChrfOptions options;
  options.char_order = golden_case.at("char_order");
  options.word_order = golden_case.at("word_order");
  options.beta = golden_case.at("beta");
  options.lowercase = golden_case.at("lowercase");
  options.whitespace = golden_case.at("whitespace");
  options.eps_smoothing = golden_case.at("eps_smoothing");
  return options;
}

TEST_CASE("tokens and lower case are sacreBLEU's") {
  const json& tokenized = golden().at("tokenized");
  REQUIRE(tokenized.size() > 50);
  for (std::size_t i = 0; i < tokenized.size(); ++i) {
    const std::string sentence = golden().at("sentences").at(i);
    CAPTURE(sentence);
    CHECK(encode_utf8(decode_utf8(sentence, LetterCase::kLower)) == tokenized[i].at("lower"));
    for (const char* name : {"13a", "intl"}) {
      const TextTokenizer tokenizer = parse_text_tokenizer(name);
      CHECK(joined(tokenize_text(sentence, tokenizer, LetterCase::kKeep)) == tokenized[i].at(name));
    }
  }
}

TEST_CASE("BLEU is sacreBLEU's") {
  REQUIRE(golden().at("bleu").size() > 400);
  for (const json& expected : golden().at("bleu")) {
    const std::string described = expected.dump();
    CAPTURE(described);
    const BleuOptions options = bleu_options(expected);
    const auto references = reference_lists(expected);
    const auto statistics =
        bleu_statistics(sentences(expected.at("hypotheses")), references, options);
    const BleuScore ours = bleu_score(statistics, options);
    CHECK(std::abs(ours.score - expected.at("score").get<double>()) <= kTolerance);
    CHECK(std::abs(ours.brevity_penalty - expected.at("bp").get<double>()) <= kTolerance);
    check_close(ours.precisions, expected.at("precisions"));
    check_close(ours.counts, expected.at("counts"));
    check_close(ours.totals, expected.at("totals"));
    CHECK(ours.hypothesis_length == expected.at("lengths")[0]);
    CHECK(ours.reference_length == expected.at("lengths")[1]);
    CHECK(verbose(ours) == expected.at("verbose"));
    CHECK(without_version(signature(options, references.size())) == expected.at("signature"));
  }
}

TEST_CASE("chrF is sacreBLEU's") {
  REQUIRE(golden().at("chrf").size() > 300);
  for (const json& expected : golden().at("chrf")) {
    const std::string described = expected.dump();
    CAPTURE(described);
    const ChrfOptions options = chrf_options(expected);
    const auto references = reference_lists(expected);
    const auto statistics =
        chrf_statistics(sentences(expected.at("hypotheses")), references, options);
    const double ours = chrf_score(statistics, options);
    CHECK(std::abs(ours - expected.at("score").get<double>()) <= kTolerance);
    CHECK(chrf_name(options) == expected.at("name"));
    CHECK(without_version(signature(options, references.size())) == expected.at("signature"));
  }
}

}  // namespace
}  // namespace seqlab
