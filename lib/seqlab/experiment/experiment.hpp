#pragma once

// An experiment: models x seeds on the same data, with the same training, search and measures.
// Written as an INI file:
//
//   [experiment]       name, models, seeds
//   [data]             a parallel corpus or a synthetic task, the tokenizer, length limits
//   [model]            options of all models;     [model.NAME]     of one of them
//   [training]         the one training loop;     [training.NAME]  what one model needs otherwise
//   [decoding]         the search
//   [evaluation]       the measures
//   [sweep]            keys with several values, see sweep.hpp
//   [expect]           what it should show, see expectation.hpp
//
// A [model.NAME] begins from its `family` (default: NAME), then [model] applies, then its own keys.
// The keys of each section are in config_keys.hpp.
//
// Lines `include = FILE` before all sections take over another file. What comes later wins: the
// included files, the file, then the command line's settings one by one; a setting for all models
// also takes the place of earlier ones for single models. Within one file, [model.NAME] wins over
// [model].

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "seqlab/data/synthetic.hpp"
#include "seqlab/data/text_corpus.hpp"
#include "seqlab/data/tokenizer.hpp"
#include "seqlab/decoding/options.hpp"
#include "seqlab/experiment/config_parser.hpp"
#include "seqlab/experiment/expectation.hpp"
#include "seqlab/models/options.hpp"
#include "seqlab/training/options.hpp"

namespace seqlab {

/// In the folder of an experiment: what its runs were made from, shared parts included.
inline constexpr const char* kExperimentFile = "experiment.cfg";

/// A text in two files, source and target, with one sentence a line, or in one with tab-separated columns.
struct TextFiles {
  std::string source;
  std::string target;
  std::string tsv;
  std::string plain;  ///< of a language model: one text without a source

  bool empty() const {
    return source.empty() && target.empty() && tsv.empty() && plain.empty();
  }
};

struct DataOptions {
  std::string task = "parallel";  ///< or "language_model", or one of synthetic_tasks()
  TextFiles train, valid, test;
  Index test_join = 1;  ///< the test also has 2 .. this many consecutive lines joined to one
  Index tsv_source_column = 1;
  Index tsv_target_column = 2;
  Index tsv_columns = 2;
  TokenizerOptions tokenizer;
  Index max_source_tokens = 0;  ///< longer training pairs are dropped; 0: none
  Index max_target_tokens = 0;
  SyntheticOptions synthetic;

  TextPacking packing;  ///< of a language model's text

  bool language_model() const { return task == "language_model"; }
  bool synthetic_task() const { return task != "parallel" && !language_model(); }
};

struct EvaluationOptions {
  std::vector<Index> length_buckets = {10, 20, 30, 40, 50, 60};  ///< upper ends, source tokens
  std::string tokenize = "13a";                                  ///< BLEU's tokenizer
  bool lowercase = false;
};

struct ExperimentOptions {
  std::string name;
  std::vector<std::string> models;  ///< in the order of tables and figures
  std::vector<Index> seeds = {1};
  std::string baseline;                ///< the model that tables compare the others with
  std::vector<std::string> baselines;  ///< floors without a network: baseline_kinds()
};

/// What all models get the same amount of. `parameters` and `flops` (of the whole training) are met
/// by the width, see match.hpp; `minutes` and `tokens` are limits of the training.
struct BudgetOptions {
  enum class Match { none, parameters, flops, minutes, tokens } match = Match::none;
  double budget = 0.0;
};

struct NamedModel {
  std::string name;  ///< with the values of swept keys: "lstm-64"
  std::string base;  ///< without them: "lstm"
  std::vector<std::pair<std::string, std::string>> point;  ///< swept keys ("model.width"), values
  std::string family;
  ModelOptions options;
  BudgetOptions budget;
  TrainingOptions training;
  DataOptions data;  ///< the experiment's, but for swept keys of the training text
};

struct Experiment {
  std::filesystem::path file;
  std::string part;  ///< values of swept keys that cannot share a table, a folder's name; or ""
  std::string text;  ///< the file with its includes and overrides in it; reads back to the same
  ExperimentOptions experiment;
  DataOptions data;
  std::vector<NamedModel> models;
  DecodingOptions decoding;
  EvaluationOptions evaluation;
  std::vector<Expectation> expectations;

  /// Throws UsageError that lists the models if there is none of that name.
  const NamedModel& model(const std::string& name) const;
};

/// Reads an experiment file; relative file names in it start from its folder. `overrides` are
/// `section.key=value`.
/// Throws UsageError with file and line on everything that is unknown, missing or contradictory,
/// and RuntimeFailure if the file cannot be read.
Experiment load_experiment(const std::filesystem::path& file,
                           const std::vector<std::string>& overrides = {});

/// Several if the file sweeps keys whose values cannot share a table (see sweep.hpp);
/// load_experiment throws UsageError then.
std::vector<Experiment> load_experiments(const std::filesystem::path& file,
                                         const std::vector<std::string>& overrides = {});

/// The same from text. `name` is for messages.
std::vector<Experiment> parse_experiments(std::string_view text, const std::filesystem::path& name,
                                          const std::vector<std::string>& overrides = {});
Experiment parse_experiment(std::string_view text, const std::filesystem::path& name,
                            const std::vector<std::string>& overrides = {});

/// One model and seed of an experiment with every key spelt out, ready to be read again. What
/// concerns the experiment as a whole is left out.
std::string write_experiment(const Experiment& experiment, const NamedModel& model,
                             std::uint64_t seed);

/// All sections with their keys, values and defaults, for people.
std::string describe_experiment_file();

}  // namespace seqlab
