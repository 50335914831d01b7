#include "seqlab/experiment/match.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "seqlab/data/batches.hpp"
#include "seqlab/error.hpp"
#include "seqlab/tensor/flops.hpp"
#include "support.hpp"

using namespace seqlab;

namespace {

Experiment parse(const std::string& budget, const std::string& more = "") {
  return parse_experiment(
      "[experiment]\nmodels = rnn lstm gru bahdanau luong transformer transformer-lstm\n"
      "[data]\ntask = copy\ntrain_size = 500\n[model]\n" +
          budget + "\n[training]\nmax_tokens = 1000\n" + more,
      "matched.cfg");
}

}  // namespace

TEST_CASE("Widths are found so that all models have the same number of parameters") {
  Experiment experiment = parse("match = parameters\nbudget = 1000000");
  match_widths(experiment);
  const TrainingSample sample = load_training_sample(experiment.data);
  for (const NamedModel& model : experiment.models) {
    INFO(model.name, ", width ", model.options.width);
    const auto count = make_model(model.options, sample.sizes, 1)->parameters().count();
    CHECK(std::abs(static_cast<double>(count) / 1e6 - 1.0) <= kMatchTolerance);
  }
  CHECK(contains(size_report(experiment), "% of budget"));
  // A resolved run has the width and no budget.
  const std::string text = write_experiment(experiment, experiment.model("lstm"), 1);
  Experiment again = parse_experiment(text, "x.cfg");
  match_widths(again);
  CHECK(again.models[0].options.width == experiment.model("lstm").options.width);
}

TEST_CASE("Widths are found so that all trainings take the same operations") {
  constexpr double kBudget = 4e9;
  Experiment experiment = parse("match = flops\nbudget = 4e9");
  match_widths(experiment);
  const TrainingSample sample = load_training_sample(experiment.data);
  for (const NamedModel& model : experiment.models) {
    INFO(model.name, ", width ", model.options.width);
    const double flops =
        1000 * training_flops_per_token(model.options, model.training.batch, sample);
    CHECK(std::abs(flops / kBudget - 1.0) <= kMatchTolerance);
  }
}

TEST_CASE("Operations are foreseen as an epoch of training counts them, padding included") {
  const Experiment experiment = parse("width = 16", "batch_tokens = 300\n");
  const TrainingSample sample = load_training_sample(experiment.data);
  for (const NamedModel& model : experiment.models) {
    INFO(model.name);
    const auto trained = make_model(model.options, sample.sizes, 1);
    std::vector<Real> gradients(trained->parameters().values().size(), Real(0));
    Random random(1, "dropout");
    Tape tape(trained->parameters().values(), gradients, &random);
    const Batches batches(sample.pairs, model.training.batch, 1);
    const FlopCount flops;
    double tokens = 0;
    for (std::size_t i = 0; i < batches.per_epoch(0); ++i) {
      const Batch batch = batches.batch(0, i);
      tokens += static_cast<double>(trained->loss(tape, batch, {}).tokens);
      tape.backward();
    }
    const double counted = flops.value() / tokens;
    // All batches of this small text are in the sample. Bahdanau's decoder spares some more padding.
    CHECK(training_flops_per_token(model.options, model.training.batch, sample) ==
          doctest::Approx(counted).epsilon(0.003));
  }
}

TEST_CASE("The inner width of experts fills the gap to a budget") {
  Experiment experiment = parse_experiment(
      "[data]\ntask = copy\ntrain_size = 500\n[model]\nmatch = parameters\nbudget = 333333\n"
      "[model.decoder-only]\nexperts = 4\nexpert_width = 32\n[training]\nmax_tokens = 1000\n",
      "matched.cfg");
  match_widths(experiment);
  CHECK(experiment.models[0].options.transformer.expert_width > 1);
}

TEST_CASE("A budget of minutes or tokens is the limit of every training") {
  CHECK(parse("match = minutes\nbudget = 2.5").models[0].training.limits.max_minutes == 2.5);
  const Experiment tokens = parse("match = tokens\nbudget = 5000");
  for (const NamedModel& model : tokens.models) CHECK(model.training.limits.max_tokens == 5000);
}

TEST_CASE("Budgets that cannot be met are told") {
  Experiment tiny = parse("match = parameters\nbudget = 700");
  CHECK_THROWS_WITH_AS(match_widths(tiny), doctest::Contains("cannot be matched"), UsageError);
  Experiment huge = parse("match = parameters\nbudget = 1e30");
  CHECK_THROWS_WITH_AS(match_widths(huge), doctest::Contains("parameters at most"), UsageError);
  CHECK_THROWS_WITH_AS(parse("match = parameters"), doctest::Contains("needs a budget"),
                       UsageError);
  CHECK_THROWS_WITH_AS(parse("match = parameters\nbudget = 1e5\nwidth = 3"),
                       doctest::Contains("matched.cfg:9"), UsageError);
  Experiment endless =
      parse("match = flops\nbudget = 4e9", "[training.gru]\nmax_tokens = 0\nmax_updates = 5\n");
  CHECK_THROWS_WITH_AS(match_widths(endless), doctest::Contains("training.max_tokens for gru"),
                       UsageError);
}
