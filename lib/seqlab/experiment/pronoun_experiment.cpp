#include "seqlab/experiment/pronoun_experiment.hpp"

#include <numbers>
#include <set>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/config_keys.hpp"
#include "seqlab/training/optimizer.hpp"

namespace seqlab {

namespace {

/// Those of all experiments that make sense here.
const Keys<ExperimentOptions>& pronoun_experiment_keys() {
  static const Keys<ExperimentOptions> keys = [] {
    Keys<ExperimentOptions> chosen;
    for (const Key<ExperimentOptions>& key : experiment_keys()) {
      if (key.name == "name" || key.name == "models" || key.name == "seeds") chosen.push_back(key);
    }
    return chosen;
  }();
  return keys;
}

struct DataSection {
  std::string task = "pronoun";
  PronounOptions options;
};

const Keys<DataSection>& pronoun_data_keys() {
  using O = DataSection;
  static const Keys<O> keys = {
      name_key<O>("task", "what a pronoun means", FIELD(task), {"pronoun"}),
      integer_key<O>("train_groups", "groups of four training sentences",
                     FIELD(options.train_groups), 1, 1'000'000),
      integer_key<O>("test_groups", "groups of four test sentences", FIELD(options.test_groups), 1,
                     1'000'000),
      integer_key<O>("data_seed", "the same text for every model and seed", FIELD(options.seed), 0),
  };
  return keys;
}

const Keys<PronounModelOptions>& pronoun_model_keys() {
  using O = PronounModelOptions;
  static const Keys<O> keys = {
      integer_key<O>("width", "of embeddings, queries, keys and values", FIELD(width), 1, 4096),
      integer_key<O>("layers", "attention layers", FIELD(layers), 1, 2),
      choice_key<O>("projections", "of queries and keys; symmetric: W_Q = W_K", FIELD(projections),
                    Choices<O::Projections>{{"none", O::Projections::none},
                                            {"symmetric", O::Projections::symmetric},
                                            {"separate", O::Projections::separate}}),
      flag_key<O>("values", "with a projection W_V of the values", FIELD(values)),
      flag_key<O>("learned_embeddings", "embeddings are learned too", FIELD(learned_embeddings)),
      choice_key<O>(
          "asked", "the word whose query is asked for the answer", FIELD(asked),
          Choices<O::Asked>{{"pronoun", O::Asked::pronoun}, {"property", O::Asked::property}}),
      choice_key<O>(
          "answer", "where the weights point, or what the context vector is like", FIELD(answer),
          Choices<O::Answer>{{"weights", O::Answer::weights}, {"context", O::Answer::context}}),
  };
  return keys;
}

const Keys<PronounTraining>& pronoun_training_keys() {
  using O = PronounTraining;
  static const Keys<O> keys = {
      integer_key<O>("updates", "of Adam", FIELD(updates), 0, 1'000'000),
      integer_key<O>("batch_sentences", "sentences an update", FIELD(batch_sentences), 1, 100'000),
      number_key<O>("learning_rate", "at first; falls to zero", FIELD(learning_rate), 0.0, 10.0),
  };
  return keys;
}

using Names = std::vector<std::string>;

const Keys<Names>& pronoun_evaluation_keys() {
  static const Keys<Names> keys = {names_key<Names>(
      "story", "models that the story's table compares", "names with spaces between",
      [](auto& names) -> auto& { return names; })};
  return keys;
}

bool has_pronoun_task(const ConfigText& config) {
  return std::ranges::any_of(config.settings, [](const Setting& setting) {
    return setting.section == "data" && setting.key == "task" && setting.value == "pronoun";
  });
}

const std::string kModelPrefix = "model.";

/// All models, in the order of their sections.
std::vector<NamedPronounModel> read_models(const ConfigText& config) {
  const Names plain = {"experiment", "data", "model", "training", "evaluation"};
  Names known = plain;
  known.emplace_back("model.NAME");
  std::vector<NamedPronounModel> models;
  for (const Section& section : config.sections) {
    if (std::ranges::find(plain, section.name) != plain.end()) continue;
    if (!section.name.starts_with(kModelPrefix) || section.name == kModelPrefix) {
      throw UsageError(fmt::format("{}: {}", section.where,
                                   unknown_name_message("section", section.name, known)));
    }
    NamedPronounModel model{section.name.substr(kModelPrefix.size()), {}};
    apply_section(config, "model", pronoun_model_keys(), model.options);
    apply_section(config, section.name, pronoun_model_keys(), model.options);
    models.push_back(std::move(model));
  }
  return models;
}

/// The models of these names, in this order.
std::vector<NamedPronounModel> choose(const std::vector<NamedPronounModel>& models,
                                      const Names& names, const std::string& where) {
  Names known;
  for (const NamedPronounModel& model : models) known.push_back(model.name);
  if (std::set<std::string>(names.begin(), names.end()).size() != names.size()) {
    throw UsageError(fmt::format("{} names a model twice", where));
  }
  std::vector<NamedPronounModel> chosen;
  for (const std::string& name : names) {
    const auto found = std::ranges::find(models, name, &NamedPronounModel::name);
    if (found == models.end()) {
      throw UsageError(fmt::format("{}: {}", where, unknown_name_message("model", name, known)));
    }
    chosen.push_back(*found);
  }
  return chosen;
}

std::size_t correct(const PronounSentence& sentence, const Real* row) {
  const auto at = [&](std::size_t noun) { return row[PronounPlaces::kNouns[noun]]; };
  return at(sentence.referent) > at(1 - sentence.referent) ? 1 : 0;
}

void train(PronounModel& model, const PronounTraining& options, std::uint64_t seed,
           const std::vector<PronounSentence>& text) {
  ParameterStore& store = model.parameters();
  if (store.parameters().empty()) return;
  FlatBuffer gradients(store.values().size(), Real(0));
  Optimizer optimizer(OptimizerOptions{}, gradients.size());
  Workers one_thread(1);
  Random random(seed, "pronoun batches");
  Tape tape(store.values(), gradients, &random);
  std::vector<PronounSentence> batch(static_cast<std::size_t>(options.batch_sentences));
  for (Index update = 0; update < options.updates; ++update) {
    for (PronounSentence& sentence : batch) sentence = text[random.below(text.size())];
    std::ranges::fill(gradients, Real(0));
    tape.backward(model.loss(tape, batch));
    tape.clear();
    const double done = static_cast<double>(update) / static_cast<double>(options.updates);
    optimizer.step(store.values(), gradients,
                   options.learning_rate * 0.5 * (1.0 + std::cos(std::numbers::pi * done)),
                   1.0 / static_cast<double>(batch.size()), one_thread);
  }
}

void test(const PronounModel& model, const std::vector<PronounSentence>& text, PronounRun& run) {
  const PronounAttention attention = model.attend(text);
  std::size_t answered = 0;
  std::size_t pointed = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto row = static_cast<Index>(i);
    const Real* answers = ref(attention.answers).row(row);
    answered += correct(text[i], answers);
    pointed += correct(text[i], ref(attention.weights).row(row));
    run.loss -= std::log(
        std::max(static_cast<double>(answers[PronounPlaces::kNouns[text[i].referent]]), 1e-30));
  }
  const auto count = static_cast<double>(text.size());
  run.loss /= count;
  run.accuracy = static_cast<double>(answered) / count;
  run.pointing = static_cast<double>(pointed) / count;
}

std::vector<StoryRow> tell_story(const PronounModel& model, const PronounText& text) {
  std::vector<PronounSentence> sentences;
  for (const std::string& sentence : pronoun_story()) {
    sentences.push_back(parse_pronoun_sentence(text, sentence));
  }
  const PronounAttention attention = model.attend(sentences);
  std::vector<StoryRow> rows;
  for (std::size_t s = 0; s < sentences.size(); ++s) {
    for (std::size_t noun = 0; noun < 2; ++noun) {
      const Index place = PronounPlaces::kNouns[noun];
      const auto at = [&](const Matrix& m) {
        return static_cast<double>(ref(m).row(static_cast<Index>(s))[place]);
      };
      rows.push_back({s, noun, sentences[s].referent == noun, at(attention.dot_products),
                      at(attention.scores), at(attention.weights)});
    }
  }
  return rows;
}

}  // namespace

std::optional<PronounExperiment> parse_pronoun_experiment(
    std::string_view text, const std::filesystem::path& name,
    const std::vector<std::string>& overrides) {
  ConfigText config = parse_config(text, name.string());
  if (!has_pronoun_task(config)) return std::nullopt;
  if (!config.includes.empty()) {
    throw UsageError(fmt::format("{}: an experiment with task = pronoun includes no other file",
                                 config.includes.front().where));
  }
  for (const std::string& each : overrides) {
    override_settings(config, one_setting(parse_override(each)));
  }
  PronounExperiment experiment;
  experiment.experiment.name = name.stem().string();
  apply_section(config, "experiment", pronoun_experiment_keys(), experiment.experiment);
  DataSection data;
  apply_section(config, "data", pronoun_data_keys(), data);
  experiment.data = data.options;
  apply_section(config, "training", pronoun_training_keys(), experiment.training);
  experiment.models = read_models(config);
  const std::string where = name.string();
  if (experiment.models.empty()) {
    throw UsageError(fmt::format("{}: no model; add a section [model.NAME]", where));
  }
  const Names& names = experiment.experiment.models;
  if (!names.empty()) {
    experiment.models = choose(experiment.models, names, where + ": experiment.models");
  }
  apply_section(config, "evaluation", pronoun_evaluation_keys(), experiment.story);
  choose(experiment.models, experiment.story, where + ": evaluation.story");
  return experiment;
}

std::optional<PronounExperiment> load_pronoun_experiment(
    const std::filesystem::path& file, const std::vector<std::string>& overrides) {
  return parse_pronoun_experiment(read_file(file), file, overrides);
}

std::string describe_pronoun_experiment() {
  const DataSection data;
  return fmt::format(
      "With 'task = pronoun' the file is of another kind (experiments/pronoun.cfg):\n\n"
      "{}\n{}\n{}\n{}\n{}",
      describe_section("experiment", pronoun_experiment_keys(), {}),
      describe_section("data", pronoun_data_keys(), data),
      describe_section("model] for all models, [model.NAME", pronoun_model_keys(), {}),
      describe_section("training", pronoun_training_keys(), {}),
      describe_section("evaluation", pronoun_evaluation_keys(), {}));
}

std::vector<std::string> pronoun_story() {
  return {"the dog chased the ball because it was hungry",
          "the dog chased the ball because it was punctured",
          "the letters hid the cakes but they were published",
          "the letters hid the cakes but they were stale"};
}

PronounRun run_pronoun_model(const PronounExperiment& experiment, const NamedPronounModel& model,
                             std::uint64_t seed, const PronounText& text) {
  PronounModel trained(model.options, text.vocabulary.size(), seed);
  train(trained, experiment.training, seed, text.train);
  PronounRun run{.model = model.name, .seed = seed, .parameters = trained.parameters().count()};
  test(trained, text.test, run);
  run.story = tell_story(trained, text);
  return run;
}

PronounFloors pronoun_floors(const PronounText& text) {
  std::vector<int> meant(text.vocabulary.size());
  const auto noun = [](const PronounSentence& sentence, std::size_t which) {
    return static_cast<std::size_t>(
        sentence.words[static_cast<std::size_t>(PronounPlaces::kNouns[which])]);
  };
  for (const PronounSentence& sentence : text.train) ++meant[noun(sentence, sentence.referent)];
  PronounFloors floors;
  for (const PronounSentence& sentence : text.test) {
    const std::size_t frequent = meant[noun(sentence, 0)] >= meant[noun(sentence, 1)] ? 0 : 1;
    floors.first_noun += sentence.referent == 0 ? 1 : 0;
    floors.frequent_noun += sentence.referent == frequent ? 1 : 0;
  }
  floors.first_noun /= static_cast<double>(text.test.size());
  floors.frequent_noun /= static_cast<double>(text.test.size());
  return floors;
}

std::vector<PronounRun> run_pronoun_experiment(
    const PronounExperiment& experiment, const std::function<void(const PronounRun&)>& report) {
  const PronounText text = make_pronouns(experiment.data);
  std::vector<PronounRun> runs;
  for (const NamedPronounModel& model : experiment.models) {
    for (const Index seed : experiment.experiment.seeds) {
      runs.push_back(run_pronoun_model(experiment, model, static_cast<std::uint64_t>(seed), text));
      report(runs.back());
    }
  }
  return runs;
}

}  // namespace seqlab
