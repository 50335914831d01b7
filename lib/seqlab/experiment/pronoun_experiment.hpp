#pragma once

// The experiment "query, key, value: why a plain dot product is not enough": small attention models
// (models/pronoun_model.hpp) learn to tell what a pronoun means (data/pronouns.hpp), each with
// several seeds. A file of its own kind, chosen by `task = pronoun`:
//
//   [experiment]             name, models, seeds
//   [data]                   sizes and seed of the text
//   [model], [model.NAME]    options of all models, of one model
//   [training]               the same for all
//   [evaluation]             which models the story's table compares

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "seqlab/experiment/experiment.hpp"
#include "seqlab/models/pronoun_model.hpp"

namespace seqlab {

struct PronounTraining {
  Index updates = 1500;
  Index batch_sentences = 64;
  double learning_rate = 0.01;  ///< of Adam at first; falls to zero with half a cosine
};

struct NamedPronounModel {
  std::string name;
  PronounModelOptions options;
};

struct PronounExperiment {
  ExperimentOptions experiment;
  PronounOptions data;
  std::vector<NamedPronounModel> models;
  PronounTraining training;
  std::vector<std::string> story;  ///< models that the story's table compares
};

/// Reads an experiment file with `overrides` (section.key=value) over it; nothing if its task is
/// another. Throws UsageError with file and line on everything that is unknown, missing or
/// contradictory, and RuntimeFailure if the file cannot be read.
std::optional<PronounExperiment> load_pronoun_experiment(
    const std::filesystem::path& file, const std::vector<std::string>& overrides = {});

/// The same from text. `name` is for messages.
std::optional<PronounExperiment> parse_pronoun_experiment(
    std::string_view text, const std::filesystem::path& name,
    const std::vector<std::string>& overrides = {});

/// Explains the keys of such a file, for people.
std::string describe_pronoun_experiment();

/// A noun of one of the story's sentences: how the asked word meets it.
struct StoryRow {
  std::size_t sentence = 0;  ///< of pronoun_story()
  std::size_t noun = 0;      ///< 0 or 1
  bool meant = false;        ///< by the pronoun
  double dot_product = 0;    ///< of the embeddings, over sqrt(D)
  double score = 0;          ///< in the query-key space of the last layer
  double weight = 0;         ///< its softmax over the sentence
};

/// A trained model on the test sentences.
struct PronounRun {
  std::string model;
  std::uint64_t seed = 0;
  Index parameters = 0;
  double loss = 0;      ///< nats a sentence
  double accuracy = 0;  ///< share of answers that prefer the noun that is meant to the other
  double pointing = 0;  ///< the same of the last layer's weights
  std::vector<StoryRow> story{};
};

/// The sentences that the story's table shows: each comes twice, the property makes the
/// difference. Their nouns never stand together in training.
std::vector<std::string> pronoun_story();

/// Trains and tests one model. The same bits every time.
PronounRun run_pronoun_model(const PronounExperiment& experiment, const NamedPronounModel& model,
                             std::uint64_t seed, const PronounText& text);

/// Accuracies on the test of rules that read no property: the floor of the table.
struct PronounFloors {
  double first_noun = 0;     ///< the pronoun always means the noun said first
  double frequent_noun = 0;  ///< it means the noun that was meant more often in training
};
PronounFloors pronoun_floors(const PronounText& text);

/// All models with all seeds, in order. `report` is told of each run.
std::vector<PronounRun> run_pronoun_experiment(
    const PronounExperiment& experiment,
    const std::function<void(const PronounRun&)>& report = [](const PronounRun&) {});

}  // namespace seqlab
