#include <doctest/doctest.h>

#include "seqlab/error.hpp"
#include "seqlab/experiment/pronoun_report.hpp"
#include "support.hpp"

using namespace seqlab;

namespace {

PronounExperiment parse(const std::string& text, const std::vector<std::string>& overrides = {}) {
  const std::optional<PronounExperiment> parsed =
      parse_pronoun_experiment(text, "p.cfg", overrides);
  REQUIRE(parsed);
  return *parsed;
}

std::string complaint(const std::string& more) {
  return message_of<UsageError>([&] { parse("[data]\ntask = pronoun\n" + more); });
}

/// Little training: enough for a query that knows the property, and for nothing else.
const std::string kSmall = R"(
[experiment]
seeds = 1 2
[data]
task = pronoun
train_groups = 500
test_groups = 50
[model]
width = 24
[model.one]
[model.asked_property]
asked = property
[model.two]
layers = 2
values = true
[model.dot]
projections = none
[training]
updates = 300
learning_rate = 0.02
[evaluation]
story = one two
)";

}  // namespace

TEST_CASE("Pronoun experiments are told from others by their task") {
  CHECK_FALSE(parse_pronoun_experiment("[data]\ntask = copy\n", "c.cfg"));
  CHECK_FALSE(parse_pronoun_experiment("[model]\ntask = pronoun\n", "c.cfg"));
}

TEST_CASE("The file's keys are read, a model's own over those of all") {
  const PronounExperiment experiment = parse(
      "[experiment]\nmodels = b a\nseeds = 4 5\n[data]\ntask = pronoun\ntest_groups = 7\n"
      "[model]\nwidth = 12\n[model.a]\nlayers = 2\nprojections = symmetric\nvalues = true\n"
      "[model.b]\nwidth = 6\nlearned_embeddings = true\nasked = property\nanswer = context\n"
      "[training]\nupdates = 3\n[evaluation]\nstory = a\n");
  REQUIRE(experiment.models.size() == 2);
  CHECK(experiment.experiment.seeds == std::vector<Index>{4, 5});
  CHECK(experiment.models[0].name == "b");
  CHECK(experiment.models[0].options.width == 6);
  CHECK(experiment.models[0].options.learned_embeddings);
  CHECK(experiment.models[0].options.asked == PronounModelOptions::Asked::property);
  CHECK(experiment.models[0].options.answer == PronounModelOptions::Answer::context);
  CHECK(experiment.models[1].options.width == 12);
  CHECK(experiment.models[1].options.layers == 2);
  CHECK(experiment.models[1].options.projections == PronounModelOptions::Projections::symmetric);
  CHECK(experiment.data.test_groups == 7);
  CHECK(experiment.training.updates == 3);
  CHECK(experiment.story == std::vector<std::string>{"a"});
  const PronounExperiment changed =
      parse("[data]\ntask = pronoun\n[model.a]\nlayers = 2\n[model.b]\n",
            {"model.layers=1", "model.b.width=9", "experiment.models=b a"});
  CHECK(changed.models[0].options.width == 9);
  CHECK(changed.models[1].options.layers == 1);
}

TEST_CASE("Wrong pronoun experiments are refused with the place and what is valid") {
  CHECK(contains(complaint(""), "no model; add a section [model.NAME]"));
  CHECK(contains(complaint("[model.a]\nlayers = 3\n"),
                 "p.cfg:4: '3' is no value for model.a.layers"));
  CHECK(contains(complaint("[model.a]\nheads = 2\n"), "p.cfg:4: unknown key in [model.a]"));
  CHECK(contains(complaint("[model.a]\nprojections = shared\n"), "none | symmetric | separate"));
  CHECK(contains(complaint("[model.a]\n[decoding]\n"), "p.cfg:4: unknown section 'decoding'"));
  CHECK(contains(complaint("[model.]\n"), "section"));
  CHECK(contains(complaint("[model.a]\n[experiment]\nbaseline = a\n"), "unknown key"));
  CHECK(contains(
      message_of<UsageError>([] { parse("include = b.cfg\n[data]\ntask = pronoun\n[model.a]\n"); }),
      "p.cfg:1: an experiment with task = pronoun includes no other file"));
  CHECK(contains(complaint("[model.a]\n[evaluation]\nstory = b\n"),
                 "evaluation.story: unknown model 'b'"));
  CHECK(contains(complaint("[model.a]\n[experiment]\nmodels = a a\n"), "names a model twice"));
}

TEST_CASE("Two layers learn what a pronoun means, one cannot, whatever the seed") {
  const PronounExperiment experiment = parse(kSmall);
  const std::vector<PronounRun> runs = run_pronoun_experiment(experiment);
  REQUIRE(runs.size() == 8);
  for (const PronounRun& run : runs) {
    CAPTURE(run.model);
    CAPTURE(run.seed);
    if (run.model == "one" || run.model == "dot") {
      CHECK(run.accuracy == 0.5);  // exactly: twins have the same scores
    } else {
      CHECK(run.accuracy > 0.8);
      CHECK(run.pointing == run.accuracy);
    }
    // In one layer the story's twins differ in nothing that the nouns' scores depend on.
    CHECK((std::abs(run.story[0].score - run.story[2].score) < 1e-4) ==
          (run.model == "one" || run.model == "dot"));
    if (run.model == "asked_property") continue;
    CHECK(run.story[0].dot_product == doctest::Approx(run.story[2].dot_product));
  }
  CHECK(smallest_sufficient(experiment, runs, 0.8) == "two");
  CHECK(smallest_sufficient(experiment, runs, 1.1) == "");

  const std::string report =
      pronoun_report(experiment, pronoun_floors(make_pronouns(experiment.data)), runs);
  CHECK(contains(report, "| asked_property"));
  CHECK(contains(report, "**dog**"));
  const std::string csv = pronoun_accuracy_csv(runs);
  CHECK(std::count(csv.begin(), csv.end(), '\n') == 9);
  const std::string story = pronoun_story_csv(runs);
  CHECK(std::count(story.begin(), story.end(), '\n') == 1 + 8 * 8);
  const std::string figure = pronoun_figure_tsv(experiment, runs);
  // Accuracies, and four sentences by two seeds of dot product, one and two.
  CHECK(std::count(figure.begin(), figure.end(), '\n') == 1 + 8 + 4 * 2 * 3);
  CHECK(contains(figure, "accuracy\t0\tone\tright\t1\t50.000000\n"));
  CHECK(contains(figure, "story\t1\tit was punctured: ball\tdot product\t2\t0."));
  // With one layer, what the one twin wins, the other loses.
  const auto share = [&](const std::string& point) {
    const std::size_t place = figure.find(point);
    REQUIRE(place != std::string::npos);
    return std::stod(figure.substr(place + point.size()));
  };
  CHECK(share("it was hungry: dog\tone\t1\t") + share("it was punctured: ball\tone\t1\t") ==
        doctest::Approx(1.0).epsilon(1e-4));
}

TEST_CASE("A run is the same every time") {
  const PronounExperiment experiment = parse(kSmall + "[model.e]\nlearned_embeddings = true\n");
  const PronounText text = make_pronouns({.train_groups = 20, .test_groups = 20, .seed = 1});
  PronounExperiment shorter = experiment;
  shorter.training.updates = 20;
  for (const NamedPronounModel& model : shorter.models) {
    const PronounRun a = run_pronoun_model(shorter, model, 1, text);
    const PronounRun b = run_pronoun_model(shorter, model, 1, text);
    CHECK(a.loss == b.loss);
    CHECK(a.loss != run_pronoun_model(shorter, model, 2, text).loss);
  }
}

TEST_CASE("Rules that read no property are at chance") {
  const PronounFloors floors =
      pronoun_floors(make_pronouns({.train_groups = 500, .test_groups = 250, .seed = 1}));
  CHECK(floors.first_noun == 0.5);
  CHECK(std::abs(floors.frequent_noun - 0.5) < 1e-9);
}
