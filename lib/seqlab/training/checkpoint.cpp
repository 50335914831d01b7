#include "seqlab/training/checkpoint.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <system_error>
#include <utility>

#include "seqlab/error.hpp"

namespace seqlab {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kProgressPrefix = "progress.";
constexpr std::string_view kFingerprintPrefix = "fingerprint.";

fs::path state_file(const fs::path& folder) { return folder / "state.safetensors"; }

/// Calls visit(name, field) for each number of the progress; the one list for both directions.
template <typename ProgressType, typename Visit>
void visit_progress(ProgressType& p, Visit&& visit) {
  visit("update", p.update);
  visit("epoch", p.epoch);
  visit("batch", p.batch);
  visit("tokens", p.tokens);
  visit("seconds", p.seconds);
  visit("flops", p.flops);
  visit("best_loss", p.best_loss);
  visit("best_update", p.best_update);
  visit("without_improvement", p.without_improvement);
  visit("last_validation", p.last_validation);
  visit("averaging_window", p.averaging_window);
  visit("schedule.factor", p.schedule.factor);
  visit("schedule.best_loss", p.schedule.best_loss);
  visit("schedule.without_improvement", p.schedule.without_improvement);
  visit("window.updates", p.window.updates);
  visit("window.tokens", p.window.tokens);
  visit("window.positions", p.window.positions);
  visit("window.padding", p.window.padding);
  visit("window.negative_log_likelihood", p.window.negative_log_likelihood);
  visit("window.seconds", p.window.seconds);
  visit("window.learning_rate", p.window.learning_rate);
  visit("window.gradient_norm", p.window.gradient_norm);
  visit("train_log_bytes", p.train_log_bytes);
  visit("valid_log_bytes", p.valid_log_bytes);
}

template <typename T>
std::string to_text(T value) {
  return fmt::format("{}", value);  // of a double: the shortest text that reads back the same
}
std::string to_text(const std::vector<std::int64_t>& values) {
  return fmt::format("{}", fmt::join(values, " "));
}

template <typename T>
bool from_text(std::string_view text, T& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end;
}
bool from_text(std::string_view text, std::vector<std::int64_t>& values) {
  values.clear();
  while (!text.empty()) {
    const std::size_t length = std::min(text.find(' '), text.size());
    if (!from_text(text.substr(0, length), values.emplace_back())) return false;
    text.remove_prefix(std::min(length + 1, text.size()));
  }
  return true;
}

template <typename T>
void read_field(const Safetensors& file, const fs::path& path, const std::string& name, T& value) {
  const auto found = file.metadata().find(name);
  if (found == file.metadata().end() || !from_text(found->second, value)) {
    throw RuntimeFailure(fmt::format(
        "{}: {} is {}; expected a checkpoint of a training run", path.string(), name,
        found == file.metadata().end() ? "missing" : fmt::format("'{}'", found->second)));
  }
}

Fingerprint stored_fingerprint(const Metadata& metadata) {
  Fingerprint fingerprint;
  for (const auto& [name, value] : metadata) {
    if (name.starts_with(kFingerprintPrefix)) {
      fingerprint[name.substr(kFingerprintPrefix.size())] = value;
    }
  }
  return fingerprint;
}

void check_fingerprint(const fs::path& file, const Fingerprint& stored, const Fingerprint& wanted) {
  const auto value = [](const Fingerprint& fingerprint, const std::string& key) {
    const auto found = fingerprint.find(key);
    return found == fingerprint.end() ? std::string("not set") : found->second;
  };
  Fingerprint keys = stored;
  keys.insert(wanted.begin(), wanted.end());
  std::string differences;
  for (const auto& [key, unused] : keys) {
    const std::string before = value(stored, key);
    const std::string now = value(wanted, key);
    if (before != now) differences += fmt::format("\n  {}: was {}, now {}", key, before, now);
  }
  if (differences.empty()) return;
  throw RuntimeFailure(fmt::format(
      "{}: cannot resume, since this run was started with other settings or data:{}\nGo on with "
      "the old ones, or start a new run in another folder.",
      file.string(), differences));
}

}  // namespace

inline namespace SEQLAB_PRECISION {
namespace {

std::vector<std::int64_t> shape_of(const NamedParameter& parameter) {
  return {parameter.place.rows, parameter.place.cols};
}

template <typename T>
std::span<T> block_of(const NamedParameter& parameter, std::span<T> values) {
  return values.subspan(static_cast<std::size_t>(parameter.place.offset),
                        static_cast<std::size_t>(parameter.place.rows * parameter.place.cols));
}

std::vector<NamedTensor> parameter_tensors(const ParameterStore& parameters) {
  std::vector<NamedTensor> tensors;
  for (const NamedParameter& p : parameters.parameters()) {
    tensors.emplace_back(p.name, shape_of(p), block_of(p, parameters.values()));
  }
  return tensors;
}

constexpr TensorType kRealType = sizeof(Real) == 4 ? TensorType::f32 : TensorType::f64;

/// A tensor that does not fit is found before the first value is changed.
void read_parameters(const Safetensors& file, ParameterStore& parameters) {
  for (const NamedParameter& p : parameters.parameters()) {
    file.expect(p.name, shape_of(p), kRealType);
  }
  for (const NamedParameter& p : parameters.parameters()) {
    file.read(p.name, shape_of(p), block_of(p, parameters.values()));
  }
}

std::vector<std::string> names_of(const ParameterStore& parameters) {
  std::vector<std::string> names;
  for (const NamedParameter& p : parameters.parameters()) names.push_back(p.name);
  return names;
}

std::string tensor_name(const Optimizer::Moment& moment) { return "optimizer." + moment.name; }

std::vector<std::int64_t> flat_shape(std::span<const Real> values) {
  return {static_cast<std::int64_t>(values.size())};
}

}  // namespace

void save_parameters(const fs::path& file, const ParameterStore& parameters,
                     const Metadata& metadata) {
  write_safetensors(file, parameter_tensors(parameters), metadata);
}

void load_parameters(const fs::path& file, ParameterStore& parameters) {
  const Safetensors stored(file);
  stored.expect_names(names_of(parameters));
  read_parameters(stored, parameters);
}

void save_checkpoint(const fs::path& folder, const ParameterStore& parameters, Optimizer& optimizer,
                     const Progress& progress, const Fingerprint& fingerprint) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    throw RuntimeFailure(
        fmt::format("{}: the folder cannot be made: {}", folder.string(), error.message()));
  }
  std::vector<NamedTensor> tensors = parameter_tensors(parameters);
  for (const Optimizer::Moment& moment : optimizer.moments()) {
    tensors.emplace_back(tensor_name(moment), flat_shape(moment.values),
                         std::span<const Real>(moment.values));
  }
  Metadata metadata;
  const auto add = [&](std::string_view name, const auto& value) {
    metadata[fmt::format("{}{}", kProgressPrefix, name)] = to_text(value);
  };
  visit_progress(progress, add);
  add("optimizer_steps", optimizer.steps());
  for (const auto& [key, value] : fingerprint) {
    metadata[fmt::format("{}{}", kFingerprintPrefix, key)] = value;
  }
  write_safetensors(state_file(folder), tensors, metadata);
  remove_other_validation_files(folder, progress.averaging_window);
}

Progress load_checkpoint(const fs::path& folder, ParameterStore& parameters, Optimizer& optimizer,
                         const Fingerprint& fingerprint) {
  const fs::path path = state_file(folder);
  const Safetensors file(path);
  check_fingerprint(path, stored_fingerprint(file.metadata()), fingerprint);

  Progress progress;
  const auto read = [&](std::string_view name, auto& value) {
    read_field(file, path, fmt::format("{}{}", kProgressPrefix, name), value);
  };
  visit_progress(progress, read);
  std::int64_t steps = 0;
  read("optimizer_steps", steps);

  std::vector<std::string> names = names_of(parameters);
  const std::vector<Optimizer::Moment> moments = optimizer.moments();
  for (const Optimizer::Moment& moment : moments) names.push_back(tensor_name(moment));
  file.expect_names(names);
  read_parameters(file, parameters);
  for (const Optimizer::Moment& moment : moments) {
    file.read(tensor_name(moment), flat_shape(moment.values), moment.values);
  }
  optimizer.set_steps(steps);
  return progress;
}

bool checkpoint_exists(const fs::path& folder) {
  std::error_code ignored;
  return fs::exists(state_file(folder), ignored);
}

fs::path validation_file(const fs::path& folder, std::int64_t update) {
  return folder / fmt::format("validation-{}.safetensors", update);
}

void remove_other_validation_files(const fs::path& folder,
                                   const std::vector<std::int64_t>& window) {
  std::error_code ignored;  // a file too many does no harm
  std::vector<fs::path> superfluous;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, ignored)) {
    const bool kept = std::any_of(window.begin(), window.end(), [&](std::int64_t update) {
      return entry.path().filename() == validation_file(folder, update).filename();
    });
    if (!kept && entry.path().filename().string().starts_with("validation-")) {
      superfluous.push_back(entry.path());
    }
  }
  for (const fs::path& file : superfluous) fs::remove(file, ignored);
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
