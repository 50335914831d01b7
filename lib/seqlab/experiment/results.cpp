#include "seqlab/experiment/results.hpp"

#include <charconv>
#include <limits>
#include <numeric>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/evaluation/length_buckets.hpp"
#include "seqlab/experiment/comparable.hpp"
#include "seqlab/experiment/config_parser.hpp"
#include "seqlab/experiment/run_directory.hpp"

namespace seqlab {

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

double number_of(const std::string& field, const std::string& where) {
  if (field.empty()) return kNaN;
  double value = 0;
  const char* end = field.data() + field.size();
  const auto [stop, error] = std::from_chars(field.data(), end, value);
  if (error != std::errc() || stop != end) {
    throw RuntimeFailure(fmt::format("{}: '{}' is not a number", where, field));
  }
  return value;
}

std::vector<BucketRow> read_by_length(const std::filesystem::path& file) {
  const NumberTable table = read_number_table(file);
  const std::vector<double> low = table.column("low");
  const std::vector<double> high = table.column("high");
  const std::vector<double> sentences = table.column("sentences");
  const std::vector<double> bleu = table.column("bleu");
  const std::vector<double> exact = table.column("sentence_accuracy");
  const std::vector<double> ratio = table.column("length_ratio");
  std::vector<BucketRow> buckets;
  for (std::size_t i = 0; i < low.size(); ++i) {
    buckets.push_back({low[i], high[i], sentences[i], bleu[i], 100.0 * exact[i], ratio[i]});
  }
  return buckets;
}

std::string text_or(const Json& json, const std::string& pointer, const std::string& otherwise) {
  const Json::json_pointer place(pointer);
  if (!json.contains(place)) return otherwise;
  const Json& value = json.at(place);
  return value.is_string() ? value.get<std::string>() : value.dump();
}

RunResult read_run(const RunDirectory& run) {
  RunResult result;
  result.directory = run.path();
  result.manifest = run.read_json("manifest.json");
  result.test = run.read_json("test.json");
  const std::string config = run.file("config.cfg").string();
  for (const Setting& setting : parse_config(read_file(config), config).settings) {
    result.settings[setting.section + '.' + setting.key] = setting.value;
  }
  result.by_length = read_by_length(run.file("by_length.csv"));
  result.model = text_or(result.manifest, "/model", run.path().filename().string());
  result.seed = text_or(result.manifest, "/seed", "");
  result.baseline = result.manifest.contains("baseline");
  return result;
}

/// A run that stands there twice would count twice.
void check_distinct(const std::vector<RunResult>& runs) {
  std::map<std::pair<std::string, std::string>, const RunResult*> known;
  for (const RunResult& run : runs) {
    const auto [place, is_new] = known.try_emplace({run.model, run.seed}, &run);
    if (is_new) continue;
    throw RuntimeFailure(fmt::format("{} and {} are both {} with seed {}; remove one of them",
                                     place->second->directory.string(), run.directory.string(),
                                     run.model, run.seed));
  }
}

/// The order of models: that of the experiment, or else the longest list of the manifests.
std::vector<std::string> model_order(const std::vector<RunResult>& runs,
                                     const std::filesystem::path& experiment_directory) {
  std::vector<std::string> order;
  const std::filesystem::path file = experiment_directory / kExperimentFile;
  if (std::filesystem::exists(file)) order = load_experiment(file).experiment.models;
  for (const RunResult& run : runs) {
    const auto models = run.manifest.value("models", std::vector<std::string>());
    if (models.size() > order.size()) order = models;
  }
  for (const bool baseline : {false, true}) {
    for (const RunResult& run : runs) {
      if (run.baseline != baseline) continue;
      if (std::find(order.begin(), order.end(), run.model) == order.end()) {
        order.push_back(run.model);
      }
    }
  }
  return order;
}

std::vector<std::filesystem::path> finished_runs(
    const std::filesystem::path& experiment_directory) {
  const std::filesystem::path folder = experiment_directory / "runs";
  std::vector<std::filesystem::path> paths;
  if (!std::filesystem::is_directory(folder)) return paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (RunDirectory(entry.path()).done()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

std::vector<double> NumberTable::column(const std::string& name) const {
  const auto found = std::find(header.begin(), header.end(), name);
  if (found == header.end()) {
    throw RuntimeFailure(fmt::format("there is no column '{}' in the table", name));
  }
  const auto place = static_cast<std::size_t>(found - header.begin());
  std::vector<double> values;
  for (const std::vector<double>& row : rows) values.push_back(row[place]);
  return values;
}

std::vector<std::string> split_fields(const std::string& line) {
  std::vector<std::string> fields(1);
  for (const char c : line) {
    if (c == ',') {
      fields.emplace_back();
    } else {
      fields.back() += c;
    }
  }
  return fields;
}

NumberTable read_number_table(const std::filesystem::path& csv_file) {
  const std::vector<std::string> lines = read_lines(csv_file);
  if (lines.empty()) throw RuntimeFailure(fmt::format("{} is empty", csv_file.string()));
  NumberTable table;
  table.header = split_fields(lines.front());
  for (std::size_t i = 1; i < lines.size(); ++i) {
    const std::string where = fmt::format("{}:{}", csv_file.string(), i + 1);
    const std::vector<std::string> fields = split_fields(lines[i]);
    if (fields.size() != table.header.size()) {
      throw RuntimeFailure(fmt::format("{}: expected {} fields, found {}", where,
                                       table.header.size(), fields.size()));
    }
    std::vector<double>& row = table.rows.emplace_back();
    for (const std::string& field : fields) row.push_back(number_of(field, where));
  }
  return table;
}

bool has_results(const std::filesystem::path& experiment_directory) {
  return !finished_runs(experiment_directory).empty();
}

std::vector<ModelResults> load_results(const std::filesystem::path& experiment_directory) {
  std::vector<RunResult> runs;
  for (const std::filesystem::path& path : finished_runs(experiment_directory)) {
    runs.push_back(read_run(RunDirectory(path)));
  }
  if (runs.empty()) {
    throw RuntimeFailure(fmt::format(
        "{} has no finished run (a folder with a file `done`); make some with 'seqlab run "
        "EXPERIMENT.cfg --output {}'",
        (experiment_directory / "runs").string(), experiment_directory.string()));
  }
  check_distinct(runs);
  check_comparable(runs);
  std::vector<ModelResults> models;
  for (const std::string& name : model_order(runs, experiment_directory)) {
    ModelResults model;
    model.name = name;
    for (const RunResult& run : runs) {
      if (run.model == name) model.runs.push_back(run);
    }
    if (model.runs.empty()) continue;
    model.baseline = model.runs.front().baseline;
    models.push_back(std::move(model));
  }
  return models;
}

std::string declared_baseline(const std::filesystem::path& experiment_directory) {
  const std::filesystem::path file = experiment_directory / "experiment.cfg";
  if (!std::filesystem::exists(file)) return {};
  for (const Setting& setting : parse_config(read_file(file), file.string()).settings) {
    if (setting.section == "experiment" && setting.key == "baseline") return setting.value;
  }
  return {};
}

Estimate over_seeds(const ModelResults& model, const RunValue& value) {
  std::vector<double> values;
  for (const RunResult& run : model.runs) values.push_back(value(run));
  return estimate_mean(values);
}

RunValue test_value(const std::string& pointer, double factor) {
  return [=](const RunResult& run) { return factor * json_number(run.test, pointer); };
}

RunValue manifest_value(const std::string& pointer) {
  return [=](const RunResult& run) { return json_number(run.manifest, pointer); };
}

double json_number(const Json& json, const std::string& pointer) {
  const Json::json_pointer place(pointer);
  if (!json.contains(place) || !json.at(place).is_number()) return kNaN;
  return json.at(place).get<double>();
}

double bucket_value(const RunResult& run, double low, double BucketRow::*measure) {
  for (const BucketRow& bucket : run.by_length) {
    if (bucket.low == low) return bucket.*measure;
  }
  return kNaN;
}

std::vector<BucketRow> all_buckets(const std::vector<ModelResults>& models) {
  std::map<double, BucketRow> buckets;
  for (const ModelResults& model : models) {
    for (const RunResult& run : model.runs) {
      for (const BucketRow& bucket : run.by_length) buckets.emplace(bucket.low, bucket);
    }
  }
  std::vector<BucketRow> all;
  for (const auto& [low, bucket] : buckets) all.push_back(bucket);
  return all;
}

std::string bucket_label(const BucketRow& bucket) {
  return bucket_label(LengthBucket{
      static_cast<Index>(bucket.low),
      std::isnan(bucket.high) ? LengthBucket::kOpen : static_cast<Index>(bucket.high)});
}

}  // namespace seqlab
