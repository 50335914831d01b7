#include "seqlab/experiment/comparable.hpp"

#include <set>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"

namespace seqlab {

namespace {

/// What must agree, in the order in which differences are told.
using Conditions = std::vector<std::pair<std::string, std::string>>;

std::string json_text(const Json& json, const std::string& pointer) {
  const Json::json_pointer place(pointer);
  if (!json.contains(place)) return {};
  const Json& value = json.at(place);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

bool of_tokenizer(const std::string& setting) {
  static const std::set<std::string> keys = {"data.tokenizer", "data.sentencepiece_model",
                                             "data.vocabulary", "data.joint",
                                             "data.minimum_frequency"};
  return keys.contains(setting);
}

/// Every key of the search but how many sentences it takes at a time, which changes no result.
bool of_search(const std::string& setting) {
  return setting.starts_with("decoding.") && setting != "decoding.batch_sentences";
}

/// The learned tokenizers, by the checksums of their files. Those of synthetic tasks hold the same
/// symbols, in an order that does not matter.
std::string vocabularies(const RunResult& run) {
  if (json_text(run.manifest, "/data/task") != "parallel") return {};
  std::string checksums;
  for (const char* name : {"joint.vocab", "source.vocab", "target.vocab"}) {
    const std::filesystem::path file = run.directory / name;
    if (!std::filesystem::exists(file)) continue;
    checksums += fmt::format("{}{} {}", checksums.empty() ? "" : ", ", name, file_checksum(file));
  }
  return checksums;
}

Conditions conditions(const RunResult& run, bool with_model) {
  Conditions all = {
      {"test texts (data.test.checksum)", json_text(run.manifest, "/data/test/checksum")},
      {"tasks (data.task)", json_text(run.manifest, "/data/task")},
      {"BLEU signatures", json_text(run.test, "/bleu/signature")}};
  for (const auto& [setting, value] : run.settings) {
    if (setting.starts_with("evaluation.")) all.emplace_back("measures (" + setting + ")", value);
    if (of_tokenizer(setting)) all.emplace_back("tokenizers (" + setting + ")", value);
    if (with_model && of_search(setting)) all.emplace_back("decoding (" + setting + ")", value);
  }
  if (with_model) all.emplace_back("tokenizers (learned vocabularies)", vocabularies(run));
  return all;
}

std::string value_of(const Conditions& conditions, const std::string& name) {
  for (const auto& [known, value] : conditions) {
    if (known == name) return value;
  }
  return {};
}

void compare(const RunResult& a, const RunResult& b) {
  const bool with_model = !a.baseline && !b.baseline;
  const Conditions of_a = conditions(a, with_model);
  const Conditions of_b = conditions(b, with_model);
  for (const auto& [name, value] : of_a) {
    const std::string other = value_of(of_b, name);
    if (value == other) continue;
    throw RuntimeFailure(fmt::format(
        "{} and {} have different {}: '{}' and '{}'; such numbers cannot share a table: move one "
        "of the runs to an experiment folder of its own, or run it again",
        a.directory.string(), b.directory.string(), name, value, other));
  }
}

}  // namespace

void check_comparable(const std::vector<RunResult>& runs) {
  const RunResult* model = nullptr;  // the first that is not a baseline: it has all conditions
  for (const RunResult& run : runs) {
    if (model == nullptr || (model->baseline && !run.baseline)) model = &run;
  }
  for (const RunResult& run : runs) compare(*model, run);
}

}  // namespace seqlab
