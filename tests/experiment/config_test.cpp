#include <doctest/doctest.h>

#include "support.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/config_keys.hpp"
#include "seqlab/experiment/experiment.hpp"

using namespace seqlab;

namespace {

const std::string kMinimal = R"(
# a comment
[experiment]
models = lstm transformer
[data]
task = reverse    # and another
[model]
width = 64
[model.lstm]
width = 96
)";

Experiment parse(const std::string& text, std::vector<std::string> overrides = {}) {
  static const std::string kEnd = "training.max_updates=9";  // a run needs one
  overrides.push_back(kEnd);
  return parse_experiment(text, "folder/quick.cfg", overrides);
}

/// The message of the UsageError that `text` causes.
std::string usage_error(const std::string& text, const std::vector<std::string>& overrides = {}) {
  return message_of<UsageError>([&] { parse(text, overrides); });
}

/// Every part must occur in the message.
void check_message(const std::string& message, const std::vector<std::string>& parts) {
  for (const std::string& part : parts) {
    INFO("message: ", message, "\nlooked for: ", part);
    CHECK(contains(message, part));
  }
}

}  // namespace

TEST_CASE("An experiment file is read, with defaults, shared and own options") {
  const Experiment experiment = parse(kMinimal);
  CHECK(experiment.experiment.name == "quick");
  CHECK(experiment.experiment.seeds == std::vector<Index>{1});
  REQUIRE(experiment.models.size() == 2);
  CHECK(experiment.models[0].name == "lstm");
  CHECK(experiment.models[0].options.width == 96);
  CHECK(experiment.models[1].options.width == 64);
  CHECK(experiment.data.synthetic.task == "reverse");
  CHECK(experiment.data.tokenizer.kind == "symbols");
}

TEST_CASE("Without `models`, the sections name them, in their order") {
  const Experiment experiment =
      parse("[data]\ntask = copy\n[model.small]\nfamily = lstm\nwidth = 16\n[model.rnn]\n");
  REQUIRE(experiment.models.size() == 2);
  CHECK(experiment.models[0].name == "small");
  CHECK(experiment.models[0].family == "lstm");
  CHECK(experiment.models[1].family == "rnn");
}

TEST_CASE("Training options can differ for one model") {
  const Experiment experiment = parse(kMinimal +
                                      "[training]\nlearning_rate = 0.5\nmax_epochs = 3\n"
                                      "[training.transformer]\nlearning_rate = 0.25\n");
  CHECK(experiment.model("lstm").training.optimizer.learning_rate == 0.5);
  CHECK(experiment.model("transformer").training.optimizer.learning_rate == 0.25);
  CHECK(experiment.model("transformer").training.limits.max_epochs == 3);
}

TEST_CASE("Overrides win over the file") {
  const Experiment experiment =
      parse(kMinimal, {"model.lstm.width=7", "training.max_epochs=2", "data.symbols = 11"});
  CHECK(experiment.model("lstm").options.width == 7);
  CHECK(experiment.model("lstm").training.limits.max_epochs == 2);
  CHECK(experiment.data.synthetic.symbols == 11);
  check_message(usage_error(kMinimal, {"width"}), {"--set 'width'", "section.key=value"});
  check_message(usage_error(kMinimal, {"model.widht=3"}), {"--set model.widht=3", "'width'"});
  check_message(usage_error(kMinimal, {"modell.width=3"}), {"modell", "'model'"});
}

TEST_CASE("What comes later wins: included files, the file, the command line") {
  const TemporaryFolder folder;
  write(folder, "deep.cfg", "[model]\nwidth = 1\n[model.lstm]\nwidth = 2\n[training]\nwarmup = 5\n");
  write(folder, "base.cfg", "include = deep.cfg\n[model]\ndropout = 0.5\n[training]\nwarmup = 6\n");
  const auto load = [&](const std::string& text, std::vector<std::string> overrides = {}) {
    overrides.push_back("training.max_updates=9");
    return load_experiment(write(folder, "main.cfg", text), overrides);
  };
  const std::string head = "include = base.cfg\n[data]\ntask = copy\n[model.rnn]\n";
  // One file: [model.NAME] over [model]. Two files: the later one, for single models too.
  CHECK(load(head).model("rnn").options.width == 1);
  CHECK(load(head + "[model.lstm]\n").model("lstm").options.width == 2);
  CHECK(load(head + "[model.lstm]\n[model]\nwidth = 3\n").model("lstm").options.width == 3);
  CHECK(load(head + "[model]\nwidth = 3\n[model.lstm]\nwidth = 4\n").model("lstm").options.width == 4);
  CHECK(load(head + "[model.lstm]\n").model("lstm").options.dropout == 0.5);
  CHECK(load(head).model("rnn").training.schedule.warmup == 6);
  // The command line, one setting after the other.
  const std::string own = head + "[model.lstm]\nwidth = 4\n";
  CHECK(load(own, {"model.width=7"}).model("lstm").options.width == 7);
  CHECK(load(own, {"model.width=7", "model.lstm.width=8"}).model("lstm").options.width == 8);
  CHECK(load(own, {"model.lstm.width=8", "model.width=7"}).model("lstm").options.width == 7);
  CHECK(load(own, {"model.lstm.width=8"}).model("rnn").options.width == 1);

  // The text of it all reads back to the same, from any folder.
  const Experiment experiment = load(own, {"model.dropout=0.25"});
  const Experiment again = parse_experiment(experiment.text, "elsewhere/other.cfg");
  CHECK(again.text == experiment.text);
  CHECK(again.experiment.name == "main");
  CHECK(write_experiment(again, again.models[1], 1) ==
        write_experiment(experiment, experiment.models[1], 1));
}

TEST_CASE("Mistakes in included files are told with their own places") {
  const TemporaryFolder folder;
  const auto message = [&](const std::string& text) {
    return message_of<UsageError>(
        [&] { load_experiment(write(folder, "main.cfg", text), {"training.max_updates=9"}); });
  };
  write(folder, "bad.cfg", "[model]\nwidht = 1\n");
  write(folder, "loop.cfg", "include = main.cfg\n");
  const std::string rest = "[data]\ntask = copy\n[model.rnn]\n";
  check_message(message("include = bad.cfg\n" + rest), {"bad.cfg:2", "widht", "'width'"});
  check_message(message("include = none.cfg\n" + rest), {"main.cfg:1", "no file", "none.cfg"});
  check_message(message("include = loop.cfg\n" + rest), {"loop.cfg:1", "includes itself"});
  check_message(message(rest + "[experiment]\nbaselines = retreival\n"),
                {"baselines", "did you mean 'retrieval'"});
  check_message(message(rest + "[experiment]\nbaselines = retrieval\nmodels = retrieval\n"
                               "[model.retrieval]\nfamily = lstm\n"),
                {"'retrieval' is a model and a floor"});
}

TEST_CASE("Every mistake is told with file, line, the nearest match and what is valid") {
  check_message(usage_error("[data]\ntask = copy\nvocabluary = 3\n"),
                {"folder/quick.cfg:3", "vocabluary", "did you mean 'vocabulary'", "max_source"});
  check_message(usage_error("[data]\ntask = cpoy\n"), {"quick.cfg:2", "cpoy", "copy", "reverse"});
  check_message(usage_error("[daat]\ntask = copy\n"),
                {"quick.cfg:1", "daat", "did you mean 'data'", "training"});
  check_message(usage_error("task = copy\n"), {"quick.cfg:1", "outside of any section"});
  check_message(usage_error("[data]\ntask copy\n"), {"quick.cfg:2", "key = value"});
  check_message(usage_error("[data]\n= copy\n"), {"quick.cfg:2", "key is missing"});
  check_message(usage_error("[data]\ntask = copy\n\ntask = copy\n"),
                {"quick.cfg:4", "second time", "quick.cfg:2"});
  check_message(usage_error("[data]\ntask = copy\n[model]\n[data]\n"),
                {"quick.cfg:4", "second time", "quick.cfg:1"});
  check_message(usage_error(kMinimal + "[model.rnn]\nwidth = -1\n"),
                {"quick.cfg:12", "-1", "model.rnn.width", "1 to 1000000"});
  check_message(usage_error(kMinimal + "[model.rnn]\nwidth = 12x\n"), {"12x", "whole number"});
  check_message(usage_error(kMinimal + "[model.rnn]\ndropout = nan\n"), {"nan", "0 to 0.99"});
  check_message(usage_error(kMinimal + "[model.rnn]\nbidirectional = yes\n"), {"true | false"});
  check_message(usage_error(kMinimal + "[model.rnn]\nfamily = ltsm\n"),
                {"quick.cfg:12", "did you mean 'lstm'", "transformer"});
  check_message(usage_error(kMinimal + "[model.big]\nfamily = lstm\n[training.bgi]\n"),
                {"quick.cfg:13", "bgi", "did you mean 'big'"});
  check_message(usage_error("[data]\ntask = copy\n"), {"no model"});
  check_message(usage_error("[data]\ntask = copy\n[model.big]\n"), {"big", "family = "});
  check_message(usage_error("[experiment]\nmodels = lstm lstm\n[data]\ntask = copy\n"), {"twice"});
  CHECK_THROWS_WITH(parse_experiment("[data]\ntask = copy\n[model.rnn]\n", "a.cfg"),
                    doctest::Contains("max_epochs"));
  check_message(usage_error("[data]\ntask = copy\n[model./etc]\n"), {"no model name"});
  check_message(usage_error("[model]\nfamily = lstm\n[model.lstm]\n[data]\ntask = copy\n"),
                {"quick.cfg:2", "[model.NAME]"});
  check_message(usage_error(kMinimal + "[evaluation]\nlength_buckets = 10 10\n"), {"must rise"});
}

TEST_CASE("Data files and synthetic tasks exclude each other, and files come complete") {
  check_message(usage_error("[data]\ntask = copy\ntrain_source = a\n[model.lstm]\n"),
                {"makes its own data"});
  check_message(usage_error("[data]\n[model.lstm]\n"), {"train_source and train_target"});
  check_message(usage_error("[data]\ntrain_source = a\n[model.lstm]\n"), {"train_target"});
  check_message(usage_error("[data]\ntrain_tsv = a\ntrain_source = b\n[model.lstm]\n"), {"either"});
  check_message(usage_error("[data]\ntrain_tsv = a\n[model.lstm]\n"), {"valid_source"});
  check_message(
      usage_error("[data]\ntrain_tsv = a\nvalid_tsv = b\ntsv_target_column = 3\n[model.lstm]\n"),
      {"tsv_columns"});
}

TEST_CASE("File names are relative to the experiment file") {
  const Experiment experiment =
      parse("[data]\ntrain_tsv = ../a.tsv\nvalid_tsv = /b.tsv\n[model.lstm]\n");
  const auto here = std::filesystem::current_path();
  CHECK(experiment.data.train.tsv == (here / "a.tsv").string());
  CHECK(experiment.data.valid.tsv == "/b.tsv");
}

TEST_CASE("The resolved file reads back to itself and says everything") {
  const Experiment experiment = parse(kMinimal +
                                      "[training]\nlearning_rate = 0.1\nmax_minutes = 0.3\n"
                                      "[training.transformer]\nwarmup = 77\n"
                                      "[evaluation]\nlength_buckets = 5, 10\n");
  const NamedModel& model = experiment.model("transformer");
  const std::string text = write_experiment(experiment, model, 5);
  const Experiment again = parse(text);
  REQUIRE(again.models.size() == 1);
  CHECK(again.experiment.seeds == std::vector<Index>{5});
  CHECK(again.models[0].training.schedule.warmup == 77);
  CHECK(again.models[0].options.width == 64);
  CHECK(again.evaluation.length_buckets == std::vector<Index>{5, 10});
  CHECK(write_experiment(again, again.models[0], 5) == text);
  for (const Key<ModelOptions>& key : model_keys()) CHECK(contains(text, key.name + " = "));
  for (const Key<TrainingOptions>& key : training_keys()) CHECK(contains(text, key.name + " = "));
}

TEST_CASE("The description names every key") {
  const std::string text = describe_experiment_file();
  for (const Key<DataOptions>& key : data_keys()) CHECK(contains(text, key.name));
  for (const Key<DecodingOptions>& key : decoding_keys()) CHECK(contains(text, key.name));
  CHECK(contains(text, "bahdanau"));
}
