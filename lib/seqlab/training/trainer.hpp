#pragma once

// The one training loop, for every model.
//
// An update: loss and gradient of a batch (batch_gradient.hpp); clip; step. Batches, dropout masks
// and learning rates are functions of the seed and of how far the run is, so a run that is resumed
// goes on with the bits of one that never stopped, whatever the number of threads and of ranks.
//
// Several ranks (communicator.hpp) each hold the whole model and the whole corpus and go through
// the same updates; they share the work on each batch and on each validation. Rank 0 writes all
// files; the others read them.

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "seqlab/data/batches.hpp"
#include "seqlab/models/sequence_model.hpp"
#include "seqlab/tensor/workers.hpp"
#include "seqlab/training/batch_gradient.hpp"
#include "seqlab/training/checkpoint.hpp"
#include "seqlab/training/communicator.hpp"
#include "seqlab/training/log.hpp"
#include "seqlab/training/optimizer.hpp"
#include "seqlab/training/options.hpp"
#include "seqlab/training/schedule.hpp"
#include "seqlab/training/validation_set.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

struct TrainingResult {
  enum class End { limit, patience, interrupted } end = End::limit;
  std::string reason;  ///< for people: "max_updates = 1000 reached"
  std::int64_t updates = 0;
  std::int64_t epochs = 0;  ///< whole ones
  std::int64_t tokens = 0;
  double seconds = 0.0;
  double flops = 0.0;  ///< floating-point operations of the updates (tensor/flops.hpp)
  double best_loss = 0.0;  ///< validation, nats per target token
  std::int64_t best_update = 0;
  bool averaged = false;  ///< best.safetensors is an average

  bool interrupted() const { return end == End::interrupted; }
};

class Trainer {
 public:
  /// Model, corpora, log and communicator must outlive the trainer. Throws UsageError on bad
  /// options and RuntimeFailure on an empty corpus.
  Trainer(SequenceModel& model, const Corpus& train, const Corpus& valid, TrainingOptions options,
          std::filesystem::path run_directory, Fingerprint fingerprint, TrainingLog& log,
          Communicator& communicator = one_rank());

  /// Trains to the first limit. With `resume` it goes on from `run_directory`/checkpoint, and from
  /// the beginning if there is none yet; without it a checkpoint there is a UsageError. Afterwards
  /// the model has the best parameters, which are also in best.safetensors; if the run was
  /// interrupted it has the current ones.
  ///
  /// SIGINT, SIGTERM and SIGUSR1 to any rank end the run after the current update with a checkpoint
  /// (`interrupted`); a second one ends the program at once. Throws RuntimeFailure on a non-finite
  /// loss or gradient (update, lines, parameter), on a checkpoint that does not fit and when
  /// writing fails; the last checkpoint is kept.
  TrainingResult run(bool resume);

 private:
  void begin(bool resume);
  /// What ends the run now, if anything does; sets `end` and `reason`.
  bool ended(TrainingResult& result) const;

  void update();
  void check_finite(const LossSum& loss, const Batch& batch) const;
  void log_update();
  void log_row();
  TrainRow train_row() const;
  double seconds_left() const;

  bool validation_due() const;
  void validate_model();
  void save_best(const Metadata& metadata);
  void set_best_aside();
  void take_back_best();
  void save();
  void finish(TrainingResult& result);
  void try_average(TrainingResult& result);

  std::int64_t current_epoch() const;  // from 1
  double fraction_done(bool with_time) const;
  double seconds() const;

  SequenceModel& model_;
  const Corpus& train_;
  TrainingOptions options_;
  std::filesystem::path directory_;
  Fingerprint fingerprint_;
  TrainingLog& log_;
  Communicator& communicator_;
  Workers workers_;
  Batches batches_;
  Batch batch_;  // the last one
  Optimizer optimizer_;
  Schedule schedule_;
  BatchGradient gradient_;
  ValidationSet valid_;

  Progress progress_;
  std::int64_t saved_update_ = -1;  // of the last checkpoint; -1: there is none
  double seconds_before_ = 0.0;     // of the runs that this one resumes
  std::chrono::steady_clock::time_point started_;
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
