#pragma once

// All runs of an experiment: models x seeds, and its baselines. Each has a folder of its own:
//
//   EXPERIMENT_DIR/experiment.cfg          the experiment with its shared parts and overrides
//   EXPERIMENT_DIR/runs/MODEL-seedK/       one run, see run_directory.hpp
//   EXPERIMENT_DIR/runs/MODEL-seedK.log    what it said
//   EXPERIMENT_DIR/runs/retrieval/         a baseline
//
// If a file holds several experiments (see sweep.hpp), each has a folder in EXPERIMENT_DIR.

#include <filesystem>
#include <string>
#include <vector>

#include "seqlab/experiment/experiment.hpp"

namespace seqlab {

/// Which runs are wanted. Empty lists mean all.
struct GridChoice {
  std::vector<std::string> models;  ///< and baselines
  std::vector<Index> seeds;
  Index part = 1;  ///< from 1 to `parts`: every parts-th run, for job arrays
  Index parts = 1;
};

struct GridRun {
  std::string name;   ///< of its folder, with the part
  std::string part;   ///< of the experiment, or ""
  std::string model;  ///< or baseline
  std::filesystem::path directory;
  std::string config;    ///< with every setting spelt out
  std::string baseline;  ///< its kind; empty: a model is trained
  TrainingLimits limits;
  Index threads = 1;

  std::filesystem::path log() const { return directory.string() + ".log"; }
  /// What makes this run, or goes on with it.
  std::vector<std::string> command(const std::string& program) const;
};

/// Seed by seed, baselines last, so that a part of the grid is a small copy of the whole.
/// Throws UsageError that lists the names if one of `choice` is unknown.
std::vector<GridRun> make_grid(const std::vector<Experiment>& experiments,
                               const std::filesystem::path& directory, const GridChoice& choice);

/// Writes the configs of the runs. Throws UsageError if a run is there with other settings.
void prepare_grid(const std::vector<GridRun>& runs);

}  // namespace seqlab
