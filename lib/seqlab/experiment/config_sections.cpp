#include "seqlab/experiment/config_sections.hpp"

#include <set>

#include "seqlab/error.hpp"
#include "seqlab/experiment/config_files.hpp"
#include "seqlab/experiment/config_keys.hpp"
#include "seqlab/experiment/sweep.hpp"
#include "seqlab/models/registry.hpp"

namespace seqlab {

namespace {

void check_text(const TextFiles& text, const char* name, bool needed, const std::string& where) {
  const bool two_files = !text.source.empty() && !text.target.empty();
  const bool one_file = !text.tsv.empty();
  const bool some_file = !text.source.empty() || !text.target.empty();
  if (!text.plain.empty()) {
    throw UsageError(fmt::format("{}: [data] {}_text is for task = language_model", where, name));
  }
  if ((one_file && some_file) || (some_file && !two_files) || (needed && text.empty())) {
    throw UsageError(fmt::format("{}: [data] needs either {}_source and {}_target, or {}_tsv",
                                 where, name, name, name));
  }
}

/// One vocabulary, and files of plain text only.
void finish_plain_text(DataOptions& data, const std::string& where) {
  for (const TextFiles* text : {&data.train, &data.valid, &data.test}) {
    if (text->source.empty() && text->target.empty() && text->tsv.empty()) continue;
    throw UsageError(fmt::format(
        "{}: [data] task = language_model reads train_text, valid_text and test_text; remove the "
        "files with a source or a target",
        where));
  }
  if (data.train.plain.empty() || data.valid.plain.empty()) {
    throw UsageError(
        fmt::format("{}: [data] task = language_model needs train_text and valid_text", where));
  }
  data.tokenizer.joint = true;
}

void finish_data(DataOptions& data, bool tokenizer_given, const std::filesystem::path& file) {
  const std::string where = file.string();
  if (data.synthetic_task()) {
    if (!data.train.empty() || !data.valid.empty() || !data.test.empty()) {
      throw UsageError(fmt::format(
          "{}: [data] names files, but task = {} makes its own data; remove one of them", where,
          data.task));
    }
    data.synthetic.task = data.task;
    if (!tokenizer_given) data.tokenizer.kind = "symbols";
    return;
  }
  if (data.language_model()) return finish_plain_text(data, where);
  check_text(data.train, "train", true, where);
  check_text(data.valid, "valid", true, where);
  check_text(data.test, "test", false, where);
  if (std::max(data.tsv_source_column, data.tsv_target_column) > data.tsv_columns) {
    throw UsageError(
        fmt::format("{}: [data] tsv_source_column and tsv_target_column must not be "
                    "above tsv_columns = {}",
                    where, data.tsv_columns));
  }
}

std::string family_of(const ConfigText& text, const std::string& model, const std::string& file) {
  std::vector<std::string> families;
  for (const ModelFamily& family : model_families()) families.push_back(family.name);
  const auto known = [&families](const std::string& name) {
    return std::find(families.begin(), families.end(), name) != families.end();
  };
  std::string family;
  for (const Setting& setting : text.settings) {
    if (setting.key != "family" || setting.section != "model." + model) continue;
    if (!known(setting.value)) {
      throw UsageError(fmt::format("{}: {}", setting.where,
                                   unknown_name_message("family", setting.value, families)));
    }
    family = setting.value;
  }
  if (!family.empty()) return family;
  if (known(model)) return model;
  throw UsageError(
      fmt::format("{}: model '{}' is no family; write 'family = ...' into [model.{}]. Valid: {}",
                  file, model, model, config::joined(families, ", ")));
}

/// `width` says where the width is set, if it is.
void apply_budget(NamedModel& model, const std::string& width, const std::string& file) {
  using Match = BudgetOptions::Match;
  const BudgetOptions& budget = model.budget;
  if (budget.match == Match::none) return;
  if (budget.budget <= 0) {
    throw UsageError(fmt::format(
        "{}: match needs a budget for {}; write for example 'budget = 2000000' into [model]", file,
        model.name));
  }
  if (budget.match == Match::minutes) model.training.limits.max_minutes = budget.budget;
  if (budget.match == Match::tokens) {
    model.training.limits.max_tokens = static_cast<std::int64_t>(budget.budget);
  }
  const bool width_is_found = budget.match == Match::parameters || budget.match == Match::flops;
  if (!width_is_found || width.empty()) return;
  throw UsageError(fmt::format(
      "{}: the width of {} comes from match and budget; remove width, or set match = none", width,
      model.name));
}

NamedModel read_model(const ConfigText& text, const std::string& name,
                      const std::filesystem::path& file) {
  NamedModel model;
  model.name = model.base = name;
  model.family = family_of(text, name, file.string());
  model.options = find_family(model.family).defaults;
  std::string width;  // where it is set
  for (const std::string& section : {std::string("model"), "model." + name}) {
    for (const Setting& setting : text.settings) {
      if (setting.section != section) continue;
      if (setting.key == "family") {
        if (section != "model") continue;
        throw UsageError(
            fmt::format("{}: family belongs into a section [model.NAME]", setting.where));
      }
      if (has_key(budget_keys(), setting.key)) {
        apply_setting(budget_keys(), setting, model.budget);
        continue;
      }
      if (setting.key == "width") width = setting.where;
      apply_setting(model_keys(), setting, model.options);
    }
  }
  apply_section(text, "training", training_keys(), model.training);
  apply_section(text, "training." + name, training_keys(), model.training);
  apply_budget(model, width, file.string());
  try {
    validate(model.training);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: training of {}: {}", file.string(), name, error.what()));
  }
  model.data = read_data(text, file);
  return model;
}

/// A model with all values of the keys that are swept for it.
std::vector<NamedModel> read_swept_model(const ConfigText& text, const std::string& name,
                                         const std::filesystem::path& file) {
  std::vector<SweptKey> keys;
  for (const SweptKey& key : swept_keys(text)) {
    if (key.section == "data" || key.concerns(name)) keys.push_back(key);
  }
  std::vector<NamedModel> models;
  for (const SweepPoint& point : sweep_points(keys)) {
    models.push_back(read_model(at_point(text, point), name, file));
    models.back().name = join_names(name, point.name);
    for (const Setting& setting : point.settings) {
      models.back().point.emplace_back(setting.section + '.' + setting.key, setting.value);
    }
  }
  return models;
}

/// Sections of models that there are not.
void check_owners(const ConfigText& text, const std::vector<std::string>& known) {
  const auto require_known = [&](const std::string& name, const std::string& section,
                                 const std::string& where) {
    if (std::find(known.begin(), known.end(), name) != known.end()) return;
    throw UsageError(
        fmt::format("{}: {}: {}", where, section, unknown_name_message("model", name, known)));
  };
  for (const Section& section : named_sections(text, "training")) {
    require_known(section.name, "[training." + section.name + ']', section.where);
  }
  for (const SweptKey& key : swept_keys(text)) {
    const std::size_t dot = key.section.find('.');
    if (dot == std::string::npos) continue;
    require_known(key.section.substr(dot + 1), key.section + '.' + key.key, key.where);
  }
}

}  // namespace

DataOptions read_data(const ConfigText& text, const std::filesystem::path& file) {
  DataOptions data;
  const bool tokenizer_given = apply_section(text, "data", data_keys(), data, "tokenizer");
  finish_data(data, tokenizer_given, file);
  return data;
}

std::vector<NamedModel> read_models(const ConfigText& text, const ExperimentOptions& options,
                                    const std::filesystem::path& file) {
  std::vector<std::string> names = options.models;
  std::vector<std::string> known = names;
  for (const Section& section : named_sections(text, "model")) {
    if (options.models.empty()) names.push_back(section.name);
    known.push_back(section.name);
    read_model(text, section.name, file);
  }
  if (names.empty()) {
    throw UsageError(
        fmt::format("{}: no model; add 'models = lstm transformer' to [experiment], "
                    "or a section [model.NAME]",
                    file.string()));
  }
  check_owners(text, known);
  std::vector<NamedModel> models;
  std::set<std::string> taken;
  for (const std::string& name : names) {
    for (NamedModel& model : read_swept_model(text, name, file)) {
      if (!taken.insert(model.name).second) {
        throw UsageError(fmt::format("{}: a model occurs twice: {}", file.string(), model.name));
      }
      models.push_back(std::move(model));
    }
  }
  return models;
}

}  // namespace seqlab
