#include "seqlab/experiment/run_directory.hpp"

#include <set>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/models/registry.hpp"
#include "seqlab/training/checkpoint.hpp"

namespace seqlab {

namespace {

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw RuntimeFailure(
        fmt::format("cannot make the folder {}: {}", folder.string(), error.message()));
  }
}

/// Throws unless the settings that decide the result are the same.
void check_same_settings(const std::string& old_config, const std::string& new_config,
                         const std::string& file) {
  const auto before = deciding_settings(old_config, file);
  const auto now = deciding_settings(new_config, "the experiment");
  std::set<std::string> keys;
  for (const auto& [key, value] : before) keys.insert(key);
  for (const auto& [key, value] : now) keys.insert(key);
  const auto value_of = [](const auto& settings, const std::string& key) {
    const auto found = settings.find(key);
    return found == settings.end() ? std::string("(none)") : found->second;
  };
  std::string differences;
  for (const std::string& key : keys) {
    const std::string old_value = value_of(before, key);
    const std::string new_value = value_of(now, key);
    if (old_value == new_value) continue;
    differences += fmt::format("\n  {}: {} in the run, {} now", key, old_value, new_value);
  }
  if (differences.empty()) return;
  throw UsageError(
      fmt::format("{} belongs to a run with other settings; a resumed run may change only limits, "
                  "workers, log_every and checkpoint_every:{}",
                  file, differences));
}

}  // namespace

void RunDirectory::prepare(const std::string& config, bool resume) const {
  if (exists()) {
    if (!resume) {
      throw UsageError(
          fmt::format("{} holds a run already; go on with it by --resume, give another --output, "
                      "or remove it",
                      path_.string()));
    }
    check_same_settings(read_file(file("config.cfg")), config, file("config.cfg").string());
  } else if (std::filesystem::exists(path_) &&
             (!std::filesystem::is_directory(path_) || !std::filesystem::is_empty(path_))) {
    throw UsageError(
        fmt::format("{} is there and is no run; give another --output", path_.string()));
  }
  make_folder(path_);
  write("config.cfg", config);
}

Json RunDirectory::read_json(const std::string& name) const {
  const std::filesystem::path json_file = file(name);
  try {
    return Json::parse(read_file(json_file));
  } catch (const Json::exception& error) {
    throw RuntimeFailure(fmt::format("{} is damaged: {}", json_file.string(), error.what()));
  }
}

void RunDirectory::write_json(const std::string& name, const Json& json) const {
  write(name, json.dump(2) + '\n');
}

void RunDirectory::write(const std::string& name, const std::string& content) const {
  write_file_atomically(file(name), content);
}

void RunDirectory::mark_done() const { write("done", ""); }

std::map<std::string, std::string> deciding_settings(const std::string& config,
                                                     const std::string& name) {
  static const std::set<std::string> free_keys = {
      "training.max_epochs",       "training.max_updates", "training.max_tokens",
      "training.max_minutes",      "training.workers",     "training.log_every",
      "training.checkpoint_every", "training.patience"};
  std::map<std::string, std::string> settings;
  for (const Setting& setting : parse_config(config, name).settings) {
    const std::string key = setting.section + '.' + setting.key;
    const bool of_the_test = setting.section == "decoding" || setting.section == "evaluation";
    if (!of_the_test && !free_keys.contains(key)) settings[key] = setting.value;
  }
  return settings;
}

LoadedRun load_run(const std::filesystem::path& path) {
  const RunDirectory directory(path);
  if (!directory.exists()) {
    throw RuntimeFailure(
        fmt::format("{} is no run: {} is missing; make a run with 'seqlab train EXPERIMENT.cfg "
                    "--model NAME --output RUN'",
                    path.string(), directory.file("config.cfg").string()));
  }
  LoadedRun run{directory, load_experiment(directory.file("config.cfg")), {}, nullptr, {}};
  run.manifest = directory.read_json("manifest.json");
  if (run.manifest.contains("baseline")) {
    throw RuntimeFailure(
        fmt::format("{} is a baseline, which has no model to load", path.string()));
  }
  if (!directory.trained()) {
    throw RuntimeFailure(fmt::format(
        "{} has no parameters yet: {} is missing, since training has not come to its first "
        "validation; go on with 'seqlab train --resume'",
        path.string(), directory.file("best.safetensors").string()));
  }
  run.tokenizers = TokenizerPair::load(path);
  run.model = make_model(
      run.named_model().options,
      {run.tokenizers.source->vocabulary_size(), run.tokenizers.target->vocabulary_size()},
      /*seed=*/1);
  load_parameters(directory.file("best.safetensors"), run.model->parameters());
  return run;
}

}  // namespace seqlab
