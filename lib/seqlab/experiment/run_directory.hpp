#pragma once

// A run is one model with one seed, and lives in a folder of its own:
//
//   config.cfg          every setting; `seqlab train RUN/config.cfg` repeats the run
//   manifest.json       program, machine, data checksums, sizes, and how training went
//   *.vocab             tokenizers
//   train.csv valid.csv what happened in training
//   best.safetensors    the best parameters;   checkpoint/  what it takes to go on
//   test.json by_length.csv translations.txt references.txt   the test
//   done                written last

#include <filesystem>
#include <map>
#include <memory>
#include <string>

#include "seqlab/data/tokenizer.hpp"
#include "seqlab/experiment/experiment.hpp"
#include "seqlab/experiment/manifest.hpp"
#include "seqlab/models/sequence_model.hpp"

namespace seqlab {

class RunDirectory {
 public:
  explicit RunDirectory(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path file(const std::string& name) const { return path_ / name; }
  bool exists() const { return std::filesystem::exists(file("config.cfg")); }
  bool done() const { return std::filesystem::exists(file("done")); }
  bool trained() const { return std::filesystem::exists(file("best.safetensors")); }

  /// Makes the folder for a new run, or takes up the one that is there if `resume` is set.
  /// Throws UsageError if it is there and `resume` is not set, or if settings other than those
  /// that may change differ from the run's (lists them), and RuntimeFailure if writing fails. Of a
  /// finished run nothing that its numbers depend on may change.
  void prepare(const std::string& config, bool resume) const;

  /// Throws RuntimeFailure if the file is missing or is not JSON.
  Json read_json(const std::string& name) const;
  void write_json(const std::string& name, const Json& json) const;
  void write(const std::string& name, const std::string& content) const;
  void mark_done() const;

 private:
  std::filesystem::path path_;
};

/// The settings of a resolved config that decide the result: all but limits, threads, and how
/// often to log and to checkpoint.
std::map<std::string, std::string> deciding_settings(const std::string& config,
                                                     const std::string& name);

/// Held by the process that works in a run directory. It is released when the process ends, however
/// that happens.
class RunLock {
 public:
  /// Makes the folder if need be. Another process may be on its way out: waits some seconds for it.
  /// Throws RuntimeFailure if it stays.
  explicit RunLock(const std::filesystem::path& run);
  ~RunLock();
  RunLock(const RunLock&) = delete;
  RunLock& operator=(const RunLock&) = delete;

 private:
  int folder_ = -1;
};

/// A finished or interrupted run that can translate.
struct LoadedRun {
  RunDirectory directory;
  Experiment experiment;
  TokenizerPair tokenizers;
  std::unique_ptr<SequenceModel> model;
  Json manifest;

  const NamedModel& named_model() const { return experiment.models.front(); }
};

/// Throws RuntimeFailure that says which file is missing or does not fit, and what to do.
LoadedRun load_run(const std::filesystem::path& path);

}  // namespace seqlab
