#include "seqlab/experiment/experiment.hpp"

#include <set>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/evaluation/baselines.hpp"
#include "seqlab/experiment/config_keys.hpp"
#include "seqlab/models/registry.hpp"

namespace seqlab {

namespace {

const std::vector<std::string> kSections = {"experiment", "data",      "model",
                                            "model.NAME", "training",  "training.NAME",
                                            "decoding",   "evaluation"};

/// The NAME of "model.NAME" if `kind` is "model", else "".
std::string name_in(const std::string& section, const std::string& kind) {
  const std::string prefix = kind + '.';
  return section.starts_with(prefix) ? section.substr(prefix.size()) : "";
}

void check_section(const Section& section) {
  for (const std::string& known : kSections) {
    if (section.name == known && !known.ends_with(".NAME")) return;
  }
  for (const char* kind : {"model", "training"}) {
    const std::string name = name_in(section.name, kind);
    if (name.empty()) continue;
    const bool good = std::all_of(name.begin(), name.end(), [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    });
    if (good) return;
    throw UsageError(fmt::format("{}: '{}' is no model name; use letters, digits, - and _",
                                 section.where, name));
  }
  throw UsageError(fmt::format("{}: {}", section.where,
                               unknown_name_message("section", section.name, kSections)));
}

/// Applies all settings of a section. Returns whether `watched` was among them.
template <typename Options>
bool apply_section(const ConfigText& text, const std::string& section, const Keys<Options>& keys,
                   Options& options, const std::string& watched = "") {
  bool seen = false;
  for (const Setting& setting : text.settings) {
    if (setting.section != section) continue;
    apply_setting(keys, setting, options);
    seen = seen || setting.key == watched;
  }
  return seen;
}

std::string resolved(const std::string& file, const std::filesystem::path& folder) {
  if (file.empty()) return file;
  return std::filesystem::absolute(folder / file).lexically_normal().string();
}

void check_text(const TextFiles& text, const char* name, bool needed, const std::string& where) {
  const bool two_files = !text.source.empty() && !text.target.empty();
  const bool one_file = !text.tsv.empty();
  const bool some_file = !text.source.empty() || !text.target.empty();
  if (!text.plain.empty()) {
    throw UsageError(
        fmt::format("{}: [data] {}_text is for task = language_model", where, name));
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
    throw UsageError(fmt::format(
        "{}: [data] task = language_model needs train_text and valid_text", where));
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

NamedModel read_model(const ConfigText& text, const std::string& name, const std::string& file) {
  NamedModel model{name, family_of(text, name, file), {}, {}};
  model.options = find_family(model.family).defaults;
  for (const std::string& section : {std::string("model"), "model." + name}) {
    for (const Setting& setting : text.settings) {
      if (setting.section != section) continue;
      if (setting.key != "family") {
        apply_setting(model_keys(), setting, model.options);
      } else if (section == "model") {
        throw UsageError(
            fmt::format("{}: family belongs into a section [model.NAME]", setting.where));
      }
    }
  }
  apply_section(text, "training", training_keys(), model.training);
  apply_section(text, "training." + name, training_keys(), model.training);
  try {
    validate(model.training);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: training of {}: {}", file, name, error.what()));
  }
  return model;
}

void check_baselines(const ExperimentOptions& options, const std::string& file) {
  for (const std::string& kind : options.baselines) {
    const auto& known = baseline_kinds();
    if (std::find(known.begin(), known.end(), kind) != known.end()) continue;
    throw UsageError(fmt::format("{}: experiment.baselines: {}", file,
                                 unknown_name_message("baseline", kind, known)));
  }
}

/// The names of the sections `kind`.NAME.
std::vector<Section> named_sections(const ConfigText& text, const std::string& kind) {
  std::vector<Section> sections;
  for (const Section& section : text.sections) {
    const std::string name = name_in(section.name, kind);
    if (!name.empty()) sections.push_back({name, section.where});
  }
  return sections;
}

/// All models in the order of `models`, or else of their sections. Sections of models that are not
/// among `models` are checked as well.
std::vector<NamedModel> read_models(const ConfigText& text, const ExperimentOptions& options,
                                    const std::string& file) {
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
                    file));
  }
  if (std::set<std::string>(names.begin(), names.end()).size() != names.size()) {
    throw UsageError(fmt::format("{}: a model occurs twice in experiment.models", file));
  }
  for (const Section& section : named_sections(text, "training")) {
    if (std::find(known.begin(), known.end(), section.name) != known.end()) continue;
    throw UsageError(fmt::format("{}: [training.{}]: {}", section.where, section.name,
                                 unknown_name_message("model", section.name, known)));
  }
  std::vector<NamedModel> models;
  for (const std::string& name : names) models.push_back(read_model(text, name, file));
  return models;
}

/// Names of files start from the folder of the file that they stand in.
void resolve_files(ConfigText& config, const std::filesystem::path& folder) {
  for (Setting& setting : config.settings) {
    if (setting.section == "data" && names_file(setting.key)) {
      setting.value = resolved(setting.value, folder);
    }
  }
}

/// The file with all that it includes. `path` holds the files that led to it.
ConfigText read_config(std::string_view text, const std::filesystem::path& file,
                       std::vector<std::filesystem::path> path) {
  ConfigText own = parse_config(text, file.string());
  for (const Section& section : own.sections) check_section(section);
  resolve_files(own, file.parent_path());
  path.push_back(resolved(file.filename(), file.parent_path()));
  ConfigText all;
  for (const Setting& include : own.includes) {
    const std::filesystem::path name = resolved(include.value, file.parent_path());
    if (std::find(path.begin(), path.end(), name) != path.end()) {
      throw UsageError(fmt::format("{}: {} includes itself", include.where, name.string()));
    }
    if (!std::filesystem::exists(name)) {
      throw UsageError(fmt::format("{}: there is no file {}", include.where, name.string()));
    }
    override_settings(all, read_config(read_file(name), name, path));
  }
  override_settings(all, own);
  return all;
}

ConfigText read_override(const std::string& text, const std::filesystem::path& folder) {
  const Setting setting = parse_override(text);
  ConfigText config{{}, {{setting.section, setting.where}}, {setting}};
  check_section(config.sections[0]);
  resolve_files(config, folder);
  return config;
}

}  // namespace

const NamedModel& Experiment::model(const std::string& name) const {
  std::vector<std::string> names;
  for (const NamedModel& model : models) {
    if (model.name == name) return model;
    names.push_back(model.name);
  }
  throw UsageError(
      fmt::format("{}: {}", file.string(), unknown_name_message("model", name, names)));
}

Experiment parse_experiment(std::string_view text, const std::filesystem::path& name,
                            const std::vector<std::string>& overrides) {
  ConfigText config = read_config(text, name, {});
  for (const std::string& each : overrides) {
    override_settings(config, read_override(each, name.parent_path()));
  }

  Experiment experiment;
  experiment.file = name;
  experiment.experiment.name = name.stem().string();
  if (!apply_section(config, "experiment", experiment_keys(), experiment.experiment, "name")) {
    config.settings.push_back({"experiment", "name", experiment.experiment.name, name.string()});
    override_settings(config, {{}, {{"experiment", name.string()}}, {}});
  }
  experiment.text = write_config(config);
  const bool tokenizer_given =
      apply_section(config, "data", data_keys(), experiment.data, "tokenizer");
  finish_data(experiment.data, tokenizer_given, name);
  apply_section(config, "decoding", decoding_keys(), experiment.decoding);
  apply_section(config, "evaluation", evaluation_keys(), experiment.evaluation);
  check_baselines(experiment.experiment, name.string());
  if (experiment.data.language_model() && !experiment.experiment.baselines.empty()) {
    throw UsageError(fmt::format(
        "{}: experiment.baselines translate, and plain text has no source; remove them",
        name.string()));
  }
  const std::vector<Index>& ends = experiment.evaluation.length_buckets;
  if (std::adjacent_find(ends.begin(), ends.end(), std::greater_equal<>()) != ends.end()) {
    throw UsageError(
        fmt::format("{}: evaluation.length_buckets must rise from one to the next", name.string()));
  }
  experiment.models = read_models(config, experiment.experiment, name.string());
  experiment.experiment.models.clear();
  for (const NamedModel& model : experiment.models) {
    experiment.experiment.models.push_back(model.name);
  }
  return experiment;
}

Experiment load_experiment(const std::filesystem::path& file,
                           const std::vector<std::string>& overrides) {
  return parse_experiment(read_file(file), file, overrides);
}

std::string write_experiment(const Experiment& experiment, const NamedModel& model,
                             std::uint64_t seed) {
  ExperimentOptions options = experiment.experiment;
  options.models = {model.name};
  options.seeds = {static_cast<Index>(seed)};
  options.baseline.clear();
  options.baselines.clear();
  std::string text = "# One run with every setting spelt out.\n";
  text += write_section("experiment", experiment_keys(), options);
  text += write_section("data", data_keys(), experiment.data);
  std::string section = write_section("model." + model.name, model_keys(), model.options);
  section.insert(section.find(']') + 2, fmt::format("family = {}\n", model.family));
  text += section;
  text += write_section("training", training_keys(), model.training);
  text += write_section("decoding", decoding_keys(), experiment.decoding);
  text += write_section("evaluation", evaluation_keys(), experiment.evaluation);
  return text;
}

std::string describe_experiment_file() {
  std::string families;
  for (const ModelFamily& family : model_families()) {
    families += fmt::format("{:23}{:<14} {}\n", "", family.name, family.description);
  }
  return fmt::format(
      "An experiment file has sections with lines 'key = value'; # begins a comment.\n\n"
      "{}\n{}\n[model] for all models, [model.NAME] for one\n"
      "  {:<20} where the options of [model.NAME] begin (default: NAME)\n{}{}\n{}\n{}\n{}",
      describe_section("experiment", experiment_keys(), {}),
      describe_section("data", data_keys(), {}), "family", families,
      describe_section("model", model_keys(), {}).substr(std::string("[model]\n").size()),
      describe_section("training] for all models, [training.NAME", training_keys(), {}),
      describe_section("decoding", decoding_keys(), {}),
      describe_section("evaluation", evaluation_keys(), {}));
}

}  // namespace seqlab
