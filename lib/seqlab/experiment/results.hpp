#pragma once

// Finished runs of an experiment, as tables and figures see them. Only the files of the run
// directories are read: no log, no model.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "seqlab/evaluation/estimate.hpp"
#include "seqlab/experiment/manifest.hpp"

namespace seqlab {

/// A CSV file of numbers with a header. An empty field is not a number (NaN).
struct NumberTable {
  std::vector<std::string> header;
  std::vector<std::vector<double>> rows;

  /// Throws RuntimeFailure if there is no such column.
  std::vector<double> column(const std::string& name) const;
};

/// The fields of a line of a CSV file.
std::vector<std::string> split_fields(const std::string& line);

/// Throws RuntimeFailure (with file and line) on a missing or damaged file.
NumberTable read_number_table(const std::filesystem::path& csv_file);

/// A test bucket of source lengths; `high` of the open one is NaN.
struct BucketRow {
  double low = 0;
  double high = 0;
  double sentences = 0;
  double bleu = 0;
  double exact = 0;  ///< percent
  double ratio = 0;
};

struct RunResult {
  std::filesystem::path directory;
  std::string model;
  std::string seed;
  bool baseline = false;
  Json manifest;
  Json test;
  std::map<std::string, std::string> settings;  ///< of config.cfg, by section.key
  std::vector<BucketRow> by_length;
};

/// The runs of one model with different seeds.
struct ModelResults {
  std::string name;
  bool baseline = false;
  std::vector<RunResult> runs;
};

/// The finished runs in EXPERIMENT_DIR/runs, models in the order of the experiment, baselines
/// last. Throws RuntimeFailure if there are none, if one is there twice, or if they cannot be
/// compared (see comparable.hpp).
std::vector<ModelResults> load_results(const std::filesystem::path& experiment_directory);

/// Whether there is a finished run in EXPERIMENT_DIR/runs.
bool has_results(const std::filesystem::path& experiment_directory);

/// The model that the experiment compares the others with ([experiment] baseline of the folder's
/// experiment.cfg), or "".
std::string declared_baseline(const std::filesystem::path& experiment_directory);

/// A number of a run; NaN if it has none.
using RunValue = std::function<double(const RunResult&)>;

Estimate over_seeds(const ModelResults& model, const RunValue& value);

/// The number at `pointer` in manifest.json, or times `factor` in test.json.
RunValue manifest_value(const std::string& pointer);
RunValue test_value(const std::string& pointer, double factor = 1);

/// The number at `pointer` ("/bleu/score"), or NaN if there is none.
double json_number(const Json& json, const std::string& pointer);

/// A measure of a run in the bucket that begins at `low`; NaN if there is none.
double bucket_value(const RunResult& run, double low, double BucketRow::*measure);

/// The buckets that occur in any run, by their lower ends, with their sentences.
std::vector<BucketRow> all_buckets(const std::vector<ModelResults>& models);

/// "11-20", or "61+" for the open one.
std::string bucket_label(const BucketRow& bucket);

}  // namespace seqlab
