#include "seqlab/experiment/run_directory.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <set>
#include <thread>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/data_sets.hpp"
#include "seqlab/models/registry.hpp"
#include "seqlab/training/checkpoint.hpp"

namespace seqlab {

namespace {

using Settings = std::map<std::string, std::string>;

const std::set<std::string> kLimits = {"training.max_epochs", "training.max_updates",
                                       "training.max_tokens", "training.max_minutes",
                                       "training.patience"};
/// Results depend on none of them.
const std::set<std::string> kConveniences = {"training.workers", "training.log_every",
                                             "training.checkpoint_every",
                                             "decoding.batch_sentences"};

Settings all_settings(const std::string& config, const std::string& name) {
  Settings settings;
  for (const Setting& setting : parse_config(config, name).settings) {
    const std::string key = setting.section + '.' + setting.key;
    if (!kConveniences.contains(key)) settings[key] = setting.value;
  }
  return settings;
}

/// One line for each key whose values differ.
std::string differences(const Settings& before, const Settings& now) {
  std::set<std::string> keys;
  for (const auto& [key, value] : before) keys.insert(key);
  for (const auto& [key, value] : now) keys.insert(key);
  const auto value_of = [](const Settings& settings, const std::string& key) {
    const auto found = settings.find(key);
    return found == settings.end() ? std::string("(none)") : found->second;
  };
  std::string text;
  for (const std::string& key : keys) {
    const std::string old_value = value_of(before, key);
    const std::string new_value = value_of(now, key);
    if (old_value == new_value) continue;
    text += fmt::format("\n  {}: {} in the run, {} now", key, old_value, new_value);
  }
  return text;
}

/// Throws unless the settings that decide the result are the same.
void check_same_settings(const std::string& old_config, const std::string& new_config, bool done,
                         const std::string& file) {
  const auto settings_of = done ? all_settings : deciding_settings;
  const std::string differing =
      differences(settings_of(old_config, file), settings_of(new_config, "the experiment"));
  if (differing.empty()) return;
  if (done) {
    throw UsageError(
        fmt::format("{} belongs to a finished run with other settings; remove its folder or give "
                    "another --output:{}",
                    file, differing));
  }
  throw UsageError(
      fmt::format("{} belongs to a run with other settings; a resumed run may change only limits, "
                  "workers, log_every and checkpoint_every:{}",
                  file, differing));
}

/// Whether a kill before the first file was complete can have left the folder like this.
bool hardly_begun(const std::filesystem::path& folder) {
  if (!std::filesystem::is_directory(folder)) return false;
  const std::filesystem::directory_iterator entries(folder);
  return std::all_of(begin(entries), end(entries), [](const auto& entry) {
    return entry.path().filename() == "config.cfg.partial";
  });
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
    const std::string before = read_file(file("config.cfg"));
    check_same_settings(before, config, done(), file("config.cfg").string());
    if (before == config || done()) return;
  } else if (std::filesystem::exists(path_) && !hardly_begun(path_)) {
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
  Settings settings = all_settings(config, name);
  std::erase_if(settings, [](const auto& setting) {
    const std::string& key = setting.first;
    return key.starts_with("decoding.") || key.starts_with("evaluation.") || kLimits.contains(key);
  });
  return settings;
}

RunLock::RunLock(const std::filesystem::path& run) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::seconds kPatience{60};
  make_folder(run);
  folder_ = ::open(run.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const Clock::time_point start = Clock::now();
  // File systems that know no locks give other errors; then there is no protection.
  while (::flock(folder_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    if (Clock::now() - start > kPatience) {
      throw RuntimeFailure(fmt::format(
          "another process works in {}; wait until it has ended, or stop it", run.string()));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

RunLock::~RunLock() { ::close(folder_); }

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
  run.model = make_model(run.named_model().options,
                         vocabulary_sizes(run.experiment.data, run.tokenizers), /*seed=*/1);
  load_parameters(directory.file("best.safetensors"), run.model->parameters());
  return run;
}

}  // namespace seqlab
