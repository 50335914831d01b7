#include "seqlab/experiment/sweep.hpp"

#include <set>

#include "seqlab/error.hpp"
#include "seqlab/experiment/config_key.hpp"
#include "seqlab/experiment/config_keys.hpp"

namespace seqlab {

namespace {

/// They leave the vocabularies of a text as they are, other than its files.
const std::set<std::string> kTrainingTextKeys = {"train_min", "train_max", "train_size",
                                                 "max_source_tokens", "max_target_tokens"};

std::string kind_of(const std::string& section) { return section.substr(0, section.find('.')); }

/// What a value adds to a name, in letters that names may have.
std::string value_name(const SweptKey& swept, const std::string& value) {
  if (value == "true") return swept.key;
  if (value == "false") return swept.shares_table() ? "" : "no_" + swept.key;
  std::string name =
      names_file(swept.key) ? std::filesystem::path(value).filename().string() : value;
  for (char& c : name) {
    if (std::isalnum(static_cast<unsigned char>(c)) == 0 && c != '-') c = '_';
  }
  return name;
}

SweptKey read_key(const Setting& setting) {
  const std::size_t dot = std::min(setting.key.rfind('.'), setting.key.size());
  SweptKey swept{setting.key.substr(0, dot), "", {}, setting.where};
  if (dot + 1 < setting.key.size()) swept.key = setting.key.substr(dot + 1);
  static const std::set<std::string> kinds = {"data", "model", "training", "decoding",
                                              "evaluation"};
  if (swept.key.empty() || !kinds.contains(kind_of(swept.section))) {
    throw UsageError(fmt::format(
        "{}: '{}' is no key to sweep; expected SECTION.KEY = VALUES, for example model.width = "
        "64 128; the section is one of {}",
        setting.where, setting.key, config::joined({kinds.begin(), kinds.end()}, ", ")));
  }
  if (!config::read(setting.value, swept.values)) {
    throw UsageError(fmt::format("{}: {} has no values", setting.where, setting.key));
  }
  std::set<std::string> names;
  for (const std::string& value : swept.values) {
    if (!names.insert(value_name(swept, value)).second) {
      throw UsageError(fmt::format("{}: a value of {}, or what '{}' adds to a name, occurs twice",
                                   setting.where, setting.key, value));
    }
  }
  return swept;
}

}  // namespace

bool SweptKey::shares_table() const {
  const std::string kind = kind_of(section);
  return kind == "model" || kind == "training" ||
         (kind == "data" && kTrainingTextKeys.contains(key));
}

bool SweptKey::concerns(const std::string& model) const {
  return section == "model" || section == "training" || section == "model." + model ||
         section == "training." + model;
}

std::vector<SweptKey> swept_keys(const ConfigText& config) {
  std::vector<SweptKey> keys;
  for (const Setting& setting : config.settings) {
    if (setting.section == "sweep") keys.push_back(read_key(setting));
  }
  return keys;
}

std::vector<SweepPoint> sweep_points(const std::vector<SweptKey>& keys) {
  std::vector<SweepPoint> points(1);
  for (const SweptKey& key : keys) {
    std::vector<SweepPoint> more;
    for (const SweepPoint& point : points) {
      for (const std::string& value : key.values) {
        SweepPoint next = point;
        next.name = join_names(point.name, value_name(key, value));
        next.settings.push_back({key.section, key.key, value, key.where});
        more.push_back(std::move(next));
      }
    }
    points = std::move(more);
  }
  return points;
}

ConfigText at_point(const ConfigText& config, const SweepPoint& point) {
  ConfigText result = config;
  for (const Setting& setting : point.settings) override_settings(result, one_setting(setting));
  return result;
}

std::string join_names(const std::string& name, const std::string& more) {
  return name.empty() || more.empty() ? name + more : name + '-' + more;
}

}  // namespace seqlab
