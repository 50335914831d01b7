#include "seqlab/evaluation/evaluate.hpp"

#include <nlohmann/json.hpp>

#include <cmath>

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

using Json = nlohmann::ordered_json;

// Not a number where there is none: JSON has no such value.
Json number(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

void add_forced(Json& json, const std::optional<ForcedMeasures>& forced) {
  json["perplexity"] = forced ? number(forced->perplexity) : Json(nullptr);
  json["token_accuracy"] = forced ? number(forced->token_accuracy) : Json(nullptr);
  json["target_tokens"] = forced ? Json(forced->tokens) : Json(nullptr);
}

void add_shared(Json& json, const Measures& measures) {
  json["sentence_accuracy"] = measures.sentence_accuracy;
  json["length_ratio"] = measures.length_ratio;
  add_forced(json, measures.forced);
}

Json bucket_json(const BucketMeasures& row) {
  Json json;
  json["low"] = row.bucket.low;
  json["high"] = row.bucket.high == LengthBucket::kOpen ? Json(nullptr) : Json(row.bucket.high);
  json["sentences"] = row.measures.sentences;
  json["bleu"] = row.measures.bleu.score;
  json["chrf2"] = row.measures.chrf;
  json["chrf2++"] = row.measures.chrf_plus;
  add_shared(json, row.measures);
  return json;
}

}  // namespace

std::string evaluation_json(const Evaluation& evaluation) {
  const Measures& all = evaluation.all;
  Json json;
  json["sentences"] = all.sentences;
  json["bleu"] = {{"score", all.bleu.score},
                  {"signature", evaluation.bleu_signature},
                  {"precisions", all.bleu.precisions},
                  {"brevity_penalty", all.bleu.brevity_penalty},
                  {"hypothesis_length", all.bleu.hypothesis_length},
                  {"reference_length", all.bleu.reference_length}};
  json["chrf2"] = {{"score", all.chrf}, {"signature", evaluation.chrf_signature}};
  json["chrf2++"] = {{"score", all.chrf_plus}, {"signature", evaluation.chrf_plus_signature}};
  add_shared(json, all);
  json["by_length"] = Json::array();
  for (const BucketMeasures& row : evaluation.by_length) {
    json["by_length"].push_back(bucket_json(row));
  }
  return json.dump(2) + "\n";
}

std::string by_length_csv(const Evaluation& evaluation) {
  std::string text =
      "low,high,sentences,bleu,chrf2,chrf2++,sentence_accuracy,length_ratio,perplexity,"
      "token_accuracy,target_tokens\n";
  for (const auto& [bucket, m] : evaluation.by_length) {
    const bool open = bucket.high == LengthBucket::kOpen;
    text += fmt::format("{},{},{},{},{},{},{},{},", bucket.low,
                        open ? std::string() : fmt::to_string(bucket.high), m.sentences,
                        m.bleu.score, m.chrf, m.chrf_plus, m.sentence_accuracy, m.length_ratio);
    text += m.forced ? fmt::format("{},{},{}\n", m.forced->perplexity, m.forced->token_accuracy,
                                   m.forced->tokens)
                     : std::string(",,\n");
  }
  return text;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
