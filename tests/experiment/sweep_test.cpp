#include "seqlab/experiment/sweep.hpp"

#include <doctest/doctest.h>

#include "seqlab/error.hpp"
#include "seqlab/experiment/experiment.hpp"
#include "support.hpp"

using namespace seqlab;

namespace {

using Strings = std::vector<std::string>;

const std::string kHead =
    "[experiment]\nmodels = lstm transformer\n[data]\ntask = copy\n[model]\nwidth = 64\n"
    "[training]\nmax_updates = 9\n";

std::vector<Experiment> parse(const std::string& more, const Strings& overrides = {}) {
  return parse_experiments(kHead + more, "folder/swept.cfg", overrides);
}

std::string usage_error(const std::string& more, const Strings& overrides = {}) {
  return message_of<UsageError>([&] { parse(more, overrides); });
}

}  // namespace

TEST_CASE("Swept keys of models and training make models of their own") {
  const std::vector<Experiment> all = parse("[sweep]\nmodel.width = 32, 64\n");
  REQUIRE(all.size() == 1);
  const Experiment& experiment = all.front();
  CHECK(experiment.experiment.models ==
        Strings{"lstm-32", "lstm-64", "transformer-32", "transformer-64"});
  CHECK(experiment.model("lstm-32").options.width == 32);
  CHECK(experiment.model("lstm-32").family == "lstm");
  CHECK(experiment.model("lstm-32").base == "lstm");
  REQUIRE(experiment.model("lstm-32").point.size() == 1);
  CHECK(experiment.model("lstm-32").point[0].first == "model.width");
  CHECK(experiment.model("lstm-32").point[0].second == "32");
}

TEST_CASE("Combinations, flags, keys of one model, and keys of the training text") {
  CHECK(parse("[sweep]\nmodel.width = 32 64\nmodel.reverse_source = false true\n")[0]
            .experiment.models == Strings{"lstm-32", "lstm-32-reverse_source", "lstm-64",
                                          "lstm-64-reverse_source", "transformer-32",
                                          "transformer-32-reverse_source", "transformer-64",
                                          "transformer-64-reverse_source"});
  const Experiment one = parse("[sweep]\nmodel.transformer.positions = sinusoidal alibi\n").front();
  CHECK(one.experiment.models == Strings{"lstm", "transformer-sinusoidal", "transformer-alibi"});

  const Experiment text = parse("[sweep]\ndata.train_max = 10 20\n").front();
  CHECK(text.experiment.models ==
        Strings{"lstm-10", "lstm-20", "transformer-10", "transformer-20"});
  CHECK(text.model("lstm-10").data.synthetic.train_max == 10);
  CHECK(text.model("lstm-20").data.synthetic.train_max == 20);
  // A resolved run holds its own value.
  const NamedModel& model = text.model("transformer-10");
  const Experiment again = parse_experiment(write_experiment(text, model, 1), "x.cfg");
  CHECK(again.models.size() == 1);
  CHECK(again.models[0].name == "transformer-10");
  CHECK(again.data.synthetic.train_max == 10);
}

TEST_CASE("Keys whose values cannot share a table make experiments of their own") {
  const std::vector<Experiment> all =
      parse("[sweep]\ndata.task = copy reverse\nmodel.width = 8 16\n");
  REQUIRE(all.size() == 2);
  CHECK(all[0].part == "copy");
  CHECK(all[1].part == "reverse");
  CHECK(all[1].data.task == "reverse");
  CHECK(all[1].models.size() == 4);
  // The text of a part is that part alone.
  const Experiment again = parse_experiment(all[1].text, "elsewhere.cfg");
  CHECK(again.data.task == "reverse");
  CHECK(again.experiment.models == all[1].experiment.models);
  CHECK_THROWS_WITH_AS(parse_experiment(kHead + "[sweep]\ndata.task = copy sort\n", "swept.cfg"),
                       doctest::Contains("--set data.task=copy"), UsageError);
}

TEST_CASE("Files and flags that make experiments of their own") {
  const std::string head = "[data]\ntask = parallel\ntrain_tsv = a.tsv\nvalid_tsv = b.tsv\n"
                           "test_tsv = c.tsv\n[model.lstm]\n[training]\nmax_updates = 1\n";
  const std::vector<Experiment> files =
      parse_experiments(head + "[sweep]\ndata.train_tsv = more/x.tsv y.tsv\n", "/folder/a.cfg");
  REQUIRE(files.size() == 2);
  CHECK(files[0].part == "x_tsv");
  CHECK(files[0].data.train.tsv == "/folder/more/x.tsv");
  CHECK(files[1].data.train.tsv == "/folder/y.tsv");
  CHECK_THROWS_WITH_AS(
      parse_experiments(head + "[sweep]\ndata.train_tsv = x.tsv more/x.tsv\n", "/folder/a.cfg"),
      doctest::Contains("occurs twice"), UsageError);
  const std::vector<Experiment> flags =
      parse_experiments(head + "[sweep]\nevaluation.lowercase = true false\n", "/folder/a.cfg");
  REQUIRE(flags.size() == 2);
  CHECK(flags[0].part == "lowercase");
  CHECK(flags[1].part == "no_lowercase");
}

TEST_CASE("A key that the command line sets is swept no more") {
  const std::string sweep = "[sweep]\nmodel.width = 32 64\nmodel.lstm.dropout = 0.1 0.2\n";
  const Experiment fixed = parse(sweep, {"model.width=16"}).front();
  CHECK(fixed.experiment.models == Strings{"lstm-0_1", "lstm-0_2", "transformer"});
  CHECK(fixed.model("transformer").options.width == 16);
  CHECK(parse(sweep, {"model.width=16", "model.dropout=0"})[0].experiment.models ==
        Strings{"lstm", "transformer"});
  CHECK(parse(sweep, {"sweep.model.width=8 9 10", "model.lstm.dropout=0"})[0]
            .experiment.models.size() == 6);
}

TEST_CASE("Mistakes in sweeps") {
  const auto check_message = [](const std::string& message, const Strings& parts) {
    for (const std::string& part : parts) {
      INFO(message);
      CHECK(contains(message, part));
    }
  };
  check_message(usage_error("[sweep]\nwidth = 1 2\n"), {"swept.cfg:10", "SECTION.KEY"});
  check_message(usage_error("[sweep]\nexperiment.seeds = 1 2\n"), {"swept.cfg:10", "decoding"});
  check_message(usage_error("[sweep]\nmodel.widht = 1 2\n"), {"swept.cfg:10", "'width'"});
  check_message(usage_error("[sweep]\nmodel.width = 1 x\n"), {"swept.cfg:10", "'x'"});
  check_message(usage_error("[sweep]\nmodel.width = 1 1\n"), {"swept.cfg:10", "twice"});
  check_message(usage_error("[sweep]\nmodel.dropout = 0.1 0-1 0_1\n"), {"swept.cfg:10", "twice"});
  check_message(usage_error("[sweep]\nmodel.gru.width = 1 2\n"), {"swept.cfg:10", "gru", "lstm"});
}

TEST_CASE("Expectations of one part are the part's own") {
  const std::vector<Experiment> all = parse(
      "[sweep]\ndata.task = copy reverse\n[expect]\nboth = exact(lstm) > 1\n[expect.copy]\n"
      "one = exact(lstm) > 2\n");
  REQUIRE(all[0].expectations.size() == 2);
  CHECK(all[0].expectations[1].name == "one");
  CHECK(all[1].expectations.size() == 1);
  CHECK(parse_experiment(all[0].text, "x.cfg").expectations.size() == 2);
  CHECK(contains(
      usage_error("[sweep]\ndata.task = copy reverse\n[expect.cpoy]\na = exact(lstm) > 1\n"),
      "did you mean 'copy'"));
}

TEST_CASE("The shipped experiments can be read") {
  for (const char* name :
       {"quick", "bottleneck", "trained-short", "capacity", "synthetic", "ladder"}) {
    const std::string file = std::string(SEQLAB_SOURCE_DIR "/experiments/") + name + ".cfg";
    INFO(file);
    for (const Experiment& experiment : load_experiments(file)) {
      CHECK(!experiment.expectations.empty());
      CHECK(experiment.experiment.seeds.size() == 3);
    }
  }
}
