#include "seqlab/experiment/experiment.hpp"

#include <set>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/evaluation/baselines.hpp"
#include "seqlab/experiment/config_files.hpp"
#include "seqlab/experiment/config_keys.hpp"
#include "seqlab/experiment/config_sections.hpp"
#include "seqlab/experiment/sweep.hpp"
#include "seqlab/models/registry.hpp"

namespace seqlab {

namespace {

void check_baselines(const ExperimentOptions& options, const std::string& file) {
  for (const std::string& kind : options.baselines) {
    const auto& known = baseline_kinds();
    if (std::find(known.begin(), known.end(), kind) != known.end()) continue;
    throw UsageError(fmt::format("{}: experiment.baselines: {}", file,
                                 unknown_name_message("baseline", kind, known)));
  }
}

void check_model_names(const ExperimentOptions& options, const std::string& file) {
  for (const std::string& kind : options.baselines) {
    if (std::find(options.models.begin(), options.models.end(), kind) == options.models.end()) {
      continue;
    }
    throw UsageError(fmt::format(
        "{}: '{}' is a model and a floor (experiment.baselines); give the model another name", file,
        kind));
  }
}

void check_baseline(const ExperimentOptions& options, const std::string& file) {
  std::vector<std::string> known = options.models;
  known.insert(known.end(), options.baselines.begin(), options.baselines.end());
  if (options.baseline.empty()) return;
  if (std::find(known.begin(), known.end(), options.baseline) != known.end()) return;
  throw UsageError(fmt::format("{}: experiment.baseline: {}", file,
                               unknown_name_message("model", options.baseline, known)));
}

void read_expectations(const ConfigText& text, Experiment& experiment) {
  std::vector<std::string> known = experiment.experiment.models;
  known.insert(known.end(), experiment.experiment.baselines.begin(),
               experiment.experiment.baselines.end());
  for (const Setting& setting : text.settings) {
    if (setting.section != "expect") continue;
    Expectation expectation = parse_expectation(setting.key, setting.value, setting.where);
    for (const std::vector<Term>* side : {&expectation.more, &expectation.less}) {
      for (const Term& term : *side) {
        if (term.measure.empty()) continue;
        if (std::find(known.begin(), known.end(), term.model) != known.end()) continue;
        throw UsageError(
            fmt::format("{}: {}", setting.where, unknown_name_message("model", term.model, known)));
      }
    }
    experiment.expectations.push_back(std::move(expectation));
  }
}

/// One experiment of `text`, in which no key is swept any more whose values cannot share a table.
Experiment read_experiment(ConfigText text, const std::filesystem::path& file) {
  Experiment experiment;
  experiment.file = file;
  experiment.experiment.name = file.stem().string();
  if (!apply_section(text, "experiment", experiment_keys(), experiment.experiment, "name")) {
    override_settings(
        text, one_setting({"experiment", "name", experiment.experiment.name, file.string()}));
  }
  experiment.text = write_config(text);
  experiment.data = read_data(text, file);
  apply_section(text, "decoding", decoding_keys(), experiment.decoding);
  apply_section(text, "evaluation", evaluation_keys(), experiment.evaluation);
  const std::vector<Index>& ends = experiment.evaluation.length_buckets;
  if (std::adjacent_find(ends.begin(), ends.end(), std::greater_equal<>()) != ends.end()) {
    throw UsageError(
        fmt::format("{}: evaluation.length_buckets must rise from one to the next", file.string()));
  }
  check_baselines(experiment.experiment, file.string());
  if (experiment.data.language_model() && !experiment.experiment.baselines.empty()) {
    throw UsageError(
        fmt::format("{}: experiment.baselines translate, and plain text has no source; remove them",
                    file.string()));
  }
  experiment.models = read_models(text, experiment.experiment, file);
  experiment.experiment.models.clear();
  for (const NamedModel& model : experiment.models) {
    experiment.experiment.models.push_back(model.name);
  }
  check_model_names(experiment.experiment, file.string());
  check_baseline(experiment.experiment, file.string());
  read_expectations(text, experiment);
  return experiment;
}

/// The expectations of one part become its own, those of the others fall away.
ConfigText with_expectations_of(const std::string& part, ConfigText config) {
  const std::string own = "expect." + part;
  std::erase_if(config.settings, [&](const Setting& setting) {
    return setting.section.starts_with("expect.") && setting.section != own;
  });
  std::erase_if(config.sections,
                [](const Section& section) { return section.name.starts_with("expect."); });
  for (Setting& setting : config.settings) {
    if (setting.section == own) setting.section = "expect";
  }
  const bool listed = std::any_of(config.sections.begin(), config.sections.end(),
                                  [](const Section& s) { return s.name == "expect"; });
  if (!listed) config.sections.push_back({"expect", ""});
  return config;
}

void check_parts(const ConfigText& config, const std::vector<SweepPoint>& points) {
  std::vector<std::string> parts;
  for (const SweepPoint& point : points) parts.push_back(point.name);
  for (const Section& section : named_sections(config, "expect")) {
    if (std::find(parts.begin(), parts.end(), section.name) != parts.end()) continue;
    throw UsageError(fmt::format("{}: [expect.{}]: {}", section.where, section.name,
                                 unknown_name_message("part", section.name, parts)));
  }
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

std::vector<Experiment> parse_experiments(std::string_view text, const std::filesystem::path& name,
                                          const std::vector<std::string>& overrides) {
  const ConfigText config = read_config_files(text, name, overrides);
  std::vector<SweptKey> keys = swept_keys(config);
  std::erase_if(keys, [](const SweptKey& key) { return key.shares_table(); });
  const std::vector<SweepPoint> points = sweep_points(keys);
  check_parts(config, points);
  std::vector<Experiment> experiments;
  for (const SweepPoint& point : points) {
    const ConfigText part = with_expectations_of(point.name, at_point(config, point));
    experiments.push_back(read_experiment(part, name));
    experiments.back().part = point.name;
  }
  return experiments;
}

Experiment parse_experiment(std::string_view text, const std::filesystem::path& name,
                            const std::vector<std::string>& overrides) {
  std::vector<Experiment> experiments = parse_experiments(text, name, overrides);
  if (experiments.size() == 1) return std::move(experiments.front());
  std::string keys;
  for (const SweptKey& key : swept_keys(read_config_files(text, name, overrides))) {
    if (!key.shares_table()) {
      keys += fmt::format(" --set {}.{}={}", key.section, key.key, key.values.front());
    }
  }
  throw UsageError(fmt::format(
      "{} holds {} experiments, which only 'seqlab run' takes together; choose one, for example "
      "by{}",
      name.string(), experiments.size(), keys));
}

std::vector<Experiment> load_experiments(const std::filesystem::path& file,
                                         const std::vector<std::string>& overrides) {
  return parse_experiments(read_file(file), file, overrides);
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
  text += write_section("data", data_keys(), model.data);
  std::string section = write_section("model." + model.name, model_keys(), model.options);
  section.insert(section.find(']') + 2, fmt::format("family = {}\n", model.family));
  text += section;
  text += write_section("training", training_keys(), model.training);
  text += write_section("decoding", decoding_keys(), experiment.decoding);
  text += write_section("evaluation", evaluation_keys(), experiment.evaluation);
  return text;
}

constexpr std::string_view kSweepHelp =
    "[sweep] keys with several values; every combination is a model, or an experiment, of its own\n"
    "  SECTION.KEY          values with spaces between, for example\n"
    "                       model.width = 64 128 256\n"
    "                       model.transformer.positions = sinusoidal alibi\n"
    "                       data.task = copy reverse\n";

constexpr std::string_view kExpectHelp =
    "[expect] what the experiment should show; 'seqlab check' gives a verdict\n"
    "  NAME                 SUM > SUM | what was published, for example\n"
    "                       bleu(bahdanau, long) > bleu(lstm, long) + 1 | Bahdanau 2015, figure 2\n"
    "                       A sum has terms [NUMBER *] MEASURE(MODEL[, LENGTHS]) and numbers.\n"
    "                       MEASURE: bleu | chrf | exact | accuracy | ratio | perplexity\n"
    "                       LENGTHS: short | long | 21-30 | 61+   source tokens\n"
    "  [expect.PART]        the same for one experiment of several, for example [expect.copy]\n";

/// The options that a family does not leave at their defaults: "encoder = gru, decoder = bahdanau".
std::string own_options(const ModelFamily& family) {
  std::vector<std::string> options;
  for (const Key<ModelOptions>& key : model_keys()) {
    const std::string value = key.get(family.defaults);
    if (value != key.get({})) options.push_back(fmt::format("{} = {}", key.name, value));
  }
  return config::joined(options, ", ");
}

std::string describe_experiment_file() {
  std::string families;
  for (const ModelFamily& family : model_families()) {
    families += fmt::format("{:23}{}: {}\n", "", family.name, family.description);
    const std::string own = own_options(family);
    if (!own.empty()) families += fmt::format("{:25}{}\n", "", own);
  }
  return fmt::format(
      "An experiment file has sections with lines 'key = value'; # begins a comment. Lines\n"
      "'include = FILE' before all sections take over other files, whose settings it may "
      "change.\n\n"
      "{}\n{}\n[model] for all models, [model.NAME] for one\n"
      "  {:<20} where the options of [model.NAME] begin (default: NAME): with the defaults below\n"
      "{:23}but for what stands under its name\n"
      "{}{}{}\n{}\n{}\n{}\n{}\n{}",
      describe_section("experiment", experiment_keys(), {}),
      describe_section("data", data_keys(), {}), "family", "", families,
      describe_section("model", budget_keys(), {}).substr(std::string("[model]\n").size()),
      describe_section("model", model_keys(), {}).substr(std::string("[model]\n").size()),
      describe_section("training] for all models, [training.NAME", training_keys(), {}),
      describe_section("decoding", decoding_keys(), {}),
      describe_section("evaluation", evaluation_keys(), {}), kSweepHelp, kExpectHelp);
}

}  // namespace seqlab
