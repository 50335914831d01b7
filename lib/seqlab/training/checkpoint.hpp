#pragma once

// What a run keeps on disk so that it can go on with the same bits after a stop at any moment.
//
//   best.safetensors                     parameters of the best validation, by name
//   checkpoint/state.safetensors         parameters, moments, progress and fingerprint; one file,
//                                        so that it is replaced at once or not at all
//   checkpoint/validation-N.safetensors  parameters at update N, for averaging
//   checkpoint/best.safetensors          the best ones of the checkpoint, where the end of the run
//                                        may have found better ones

#include <filesystem>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "seqlab/nn/parameters.hpp"
#include "seqlab/training/optimizer.hpp"
#include "seqlab/training/safetensors.hpp"
#include "seqlab/training/schedule.hpp"

namespace seqlab {

/// What must be the same when a run is resumed: settings and checksums of the data, as "key" ->
/// "value". Leave out what may change: limits, workers, and how often to log and to checkpoint.
using Fingerprint = std::map<std::string, std::string>;

/// Sums over the updates since the last row of train.csv.
struct LogWindow {
  std::int64_t updates = 0;
  std::int64_t tokens = 0;     ///< target tokens
  std::int64_t positions = 0;  ///< of both sides, padding included
  std::int64_t padding = 0;
  double negative_log_likelihood = 0.0;
  double seconds = 0.0;        ///< spent in updates
  double learning_rate = 0.0;  ///< of the last update
  double gradient_norm = 0.0;  ///< of the last update, before clipping

  bool operator==(const LogWindow&) const = default;
};

/// How far a run is.
struct Progress {
  std::int64_t update = 0;                                     ///< updates done
  std::int64_t epoch = 0;                                      ///< from 0
  std::int64_t batch = 0;                                      ///< batches of this epoch done
  std::int64_t tokens = 0;                                     ///< target tokens
  double seconds = 0.0;                                        ///< wall clock
  double flops = 0.0;                                          ///< of the updates
  double best_loss = std::numeric_limits<double>::infinity();  ///< nats per target token
  std::int64_t best_update = 0;
  std::int64_t without_improvement = 0;        ///< validations in a row
  std::int64_t last_validation = -1;           ///< update
  std::vector<std::int64_t> averaging_window;  ///< updates of the kept validation files
  ScheduleState schedule;
  LogWindow window;
  std::int64_t train_log_bytes = 0;  ///< length of train.csv
  std::int64_t valid_log_bytes = 0;  ///< length of valid.csv

  bool operator==(const Progress&) const = default;
};

inline namespace SEQLAB_PRECISION {

/// One tensor per parameter, [rows, cols].
void save_parameters(const std::filesystem::path& file, const ParameterStore& parameters,
                     const Metadata& metadata = {});
/// Throws RuntimeFailure unless the file has exactly the store's names and shapes; then the store
/// is what it was.
void load_parameters(const std::filesystem::path& file, ParameterStore& parameters);

/// Replaces `folder`/state.safetensors, then removes validation files that are not in the window.
void save_checkpoint(const std::filesystem::path& folder, const ParameterStore& parameters,
                     Optimizer& optimizer, const Progress& progress,
                     const Fingerprint& fingerprint);
/// Restores parameters and moments. Throws RuntimeFailure if there is no checkpoint, it is damaged,
/// it belongs to another model, or the fingerprint differs (lists what does).
Progress load_checkpoint(const std::filesystem::path& folder, ParameterStore& parameters,
                         Optimizer& optimizer, const Fingerprint& fingerprint);
bool checkpoint_exists(const std::filesystem::path& folder);

/// checkpoint/validation-N.safetensors.
std::filesystem::path validation_file(const std::filesystem::path& folder, std::int64_t update);
void remove_other_validation_files(const std::filesystem::path& folder,
                                   const std::vector<std::int64_t>& window);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
