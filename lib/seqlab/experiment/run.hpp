#pragma once

// From an experiment to a finished run: train one model with one seed, then test it.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "seqlab/data/corpus.hpp"
#include "seqlab/decoding/translate.hpp"
#include "seqlab/evaluation/evaluate.hpp"
#include "seqlab/experiment/run_directory.hpp"
#include "seqlab/training/trainer.hpp"

namespace seqlab {

struct RunRequest {
  const Experiment* experiment = nullptr;
  const NamedModel* model = nullptr;
  std::uint64_t seed = 1;
  std::filesystem::path directory;
  bool resume = false;
  Communicator* communicator = &one_rank();  ///< the processes that train together
};

/// What people are told; one line each.
using Report = std::function<void(const std::string&)>;

/// Trains into the run's directory, into which rank 0 alone writes; best.safetensors and the manifest are there afterwards, unless
/// the run was interrupted.
TrainingResult train_run(const RunRequest& request, const Report& report);

struct TestResult {
  Evaluation evaluation;
  std::vector<std::string> translations;  ///< one for each source line
  std::vector<Index> source_lengths;      ///< in tokens
  double seconds = 0.0;                   ///< of decoding
  Index target_tokens = 0;                ///< of the translations, end marks included
};

/// Translates a text and evaluates; nothing of the text is left out.
TestResult test_run(const LoadedRun& run, const ParallelText& text, Index threads,
                    const DecodingProgress& progress = {});

/// Writes test.json, by_length.csv, translations.txt, references.txt, source_lengths.txt (tokens of
/// each source) and `done`. `extra` goes into test.json.
void write_test(const RunDirectory& directory, const Evaluation& evaluation,
                const std::vector<std::string>& translations,
                const std::vector<std::string>& references,
                const std::vector<Index>& source_lengths, const Json& extra);

/// Measures as asked for by the experiment.
BleuOptions bleu_options(const EvaluationOptions& options);

/// Threads for `workers` of an experiment, where 0 means one a processor.
Index thread_count(std::int64_t workers);

}  // namespace seqlab
