#include "seqlab/experiment/verdict.hpp"

#include <doctest/doctest.h>

#include "seqlab/error.hpp"
#include "seqlab/experiment/experiment.hpp"
#include "support.hpp"

using namespace seqlab;

namespace {

/// A run whose test sentences are right or wrong as `right` says, of lengths 1, 2, 3, ...
RunResult fake_run(const TemporaryFolder& folder, const std::string& model, int seed,
                   const std::string& right) {
  RunResult run;
  const std::string name = model + "-seed" + std::to_string(seed);
  run.directory = folder / name;
  run.model = model;
  run.seed = std::to_string(seed);
  std::filesystem::create_directories(run.directory);
  std::string translations;
  std::string references;
  std::string lengths;
  double correct = 0;
  for (std::size_t i = 0; i < right.size(); ++i) {
    references += "a b\n";
    translations += right[i] == '1' ? "a b\n" : "c\n";
    lengths += std::to_string(i + 1) + '\n';
    correct += right[i] == '1' ? 1 : 0;
  }
  write(folder, name + "/translations.txt", translations);
  write(folder, name + "/references.txt", references);
  write(folder, name + "/source_lengths.txt", lengths);
  run.test = {{"sentences", right.size()},
              {"sentence_accuracy", correct / static_cast<double>(right.size())},
              {"perplexity", 10.0 + seed},
              {"by_length", Json::array()}};
  const auto half = static_cast<double>(right.size() / 2);
  run.by_length = {{.low = 1, .high = half}, {.low = half + 1, .high = std::nan("")}};
  return run;
}

std::string times(int count, const std::string& text) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}

ModelResults fake_model(const TemporaryFolder& folder, const std::string& name,
                        const std::vector<std::string>& seeds) {
  ModelResults model;
  model.name = name;
  for (std::size_t i = 0; i < seeds.size(); ++i) {
    model.runs.push_back(fake_run(folder, name, static_cast<int>(i) + 1, seeds[i]));
  }
  return model;
}

Verdict judge_text(const std::string& text, const std::vector<ModelResults>& models) {
  return judge({parse_expectation("name", text, "x.cfg:1")}, models).front();
}

std::string syntax_error(const std::string& text) {
  return message_of<UsageError>([&] { parse_expectation("name", text, "x.cfg:7"); });
}

}  // namespace

TEST_CASE("Expectations are read") {
  const Expectation e = parse_expectation(
      "gap", "2*bleu(a-b, long) - exact(c) < 1.5 + chrf(d, 21-30) | Someone 2015: 1 < 2",
      "x.cfg:1");
  CHECK(e.published == "Someone 2015: 1 < 2");
  CHECK(e.statement == "2*bleu(a-b, long) - exact(c) < 1.5 + chrf(d, 21-30)");
  REQUIRE(e.less.size() == 2);
  CHECK(e.less[0].factor == 2.0);
  CHECK(e.less[0].measure == "bleu");
  CHECK(e.less[0].model == "a-b");
  CHECK(e.less[0].bucket == "long");
  CHECK(e.less[1].factor == -1.0);
  REQUIRE(e.more.size() == 2);
  CHECK(e.more[0].measure.empty());
  CHECK(e.more[0].factor == 1.5);
  CHECK(e.more[1].bucket == "21-30");
}

TEST_CASE("Mistakes in expectations are told with their place") {
  for (const auto& [text, part] : std::vector<std::pair<std::string, std::string>>{
           {"bleu(a)", "'>' or '<'"},
           {"bleu(a) > ", "measure"},
           {"blue(a) > bleu(b)", "did you mean 'bleu'"},
           {"bleu a > bleu(b)", "measure"},
           {"bleu() > bleu(b)", "a model"},
           {"bleu(a, middle) > bleu(b)", "21-30"},
           {"bleu(a, 30-21) > bleu(b)", "21-30"},
           {"bleu(a > bleu(b)", "')'"},
           {"bleu(a) > bleu(b) bleu(c)", "the end"}}) {
    const std::string message = syntax_error(text);
    INFO(text, ": ", message);
    CHECK(contains(message, "x.cfg:7"));
    CHECK(contains(message, part));
  }
  CHECK_THROWS_WITH_AS(
      parse_experiment("[data]\ntask = copy\n[model.lstm]\n[training]\nmax_updates = 1\n[expect]\n"
                       "x = bleu(lstm) > bleu(gru)\n",
                       "a.cfg"),
      doctest::Contains("a.cfg:7: unknown model 'gru'"), UsageError);
}

TEST_CASE("A verdict is that of the interval of the paired differences over seeds") {
  const TemporaryFolder folder;
  const std::vector<ModelResults> models = {
      fake_model(folder, "good", {"1111111111", "1111111110", "1111111111"}),
      fake_model(folder, "bad", {"1111100000", "1111000000", "1111110000"}),
      fake_model(folder, "mixed", {"1111111111", "0000000000", "1111100000"})};
  const Verdict verdict = judge_text("exact(good) > exact(bad) | Someone", models);
  CHECK(verdict.outcome == Verdict::Outcome::reproduced);
  CHECK(verdict.seeds == 3);
  CHECK(verdict.more == doctest::Approx(290.0 / 3));
  // Differences 50, 50, 40: mean 46.67, s = 5.774, t(0.975, 2) = 4.303.
  CHECK(verdict.difference == doctest::Approx(46.667).epsilon(1e-4));
  CHECK(verdict.low == doctest::Approx(46.667 - 4.3027 * 5.7735 / std::sqrt(3.0)).epsilon(1e-3));
  CHECK(judge_text("exact(bad) > exact(good)", models).outcome == Verdict::Outcome::not_reproduced);
  CHECK(judge_text("exact(good) > exact(mixed)", models).outcome == Verdict::Outcome::undecided);
  CHECK(judge_text("exact(good) > exact(bad) + 20", models).outcome ==
        Verdict::Outcome::reproduced);
  // The gap grows with length: none in the short half, nearly all in the long half.
  CHECK(judge_text("exact(good, long) - exact(bad, long) > exact(good, short) - exact(bad, short)",
                   models)
            .outcome == Verdict::Outcome::reproduced);
  CHECK(judge_text("exact(good, 7-10) > 100*exact(bad, 7+)", models).more ==
        doctest::Approx(275.0 / 3));
  CHECK(judge_text("perplexity(good) < perplexity(bad)", models).difference == 0.0);
  CHECK(contains(verdict_report({verdict}), "reproduced      name: exact(good) > exact(bad)"));
  CHECK(contains(verdict_report({verdict}), "3 seeds"));
  CHECK(contains(verdict_report({verdict}), "published  Someone"));
}

TEST_CASE("With one seed the test sentences are resampled; what is missing is undecided") {
  const TemporaryFolder folder;
  ModelResults floor = fake_model(folder, "floor", {times(4, "1000000000000000")});
  floor.baseline = true;
  const std::vector<ModelResults> models = {
      fake_model(folder, "good", {times(4, "1111111111111110")}),
      fake_model(folder, "bad", {times(4, "1110000000000000")}),
      fake_model(folder, "twin", {times(4, "1111111111111101")}), floor};
  const Verdict clear = judge_text("exact(good) > exact(bad)", models);
  CHECK(clear.outcome == Verdict::Outcome::reproduced);
  CHECK(clear.seeds == 1);
  CHECK(clear.low < clear.difference);
  CHECK(clear.high > clear.difference);
  CHECK(judge_text("exact(good) > exact(twin)", models).outcome == Verdict::Outcome::undecided);
  CHECK(judge_text("exact(bad) > exact(floor)", models).difference == doctest::Approx(12.5));

  const Verdict missing = judge_text("exact(good) > exact(gone)", models);
  CHECK(missing.outcome == Verdict::Outcome::undecided);
  CHECK(contains(missing.reason, "gone has no finished run"));
  CHECK(contains(judge_text("perplexity(good) < perplexity(bad)", models).reason, "one seed"));
  CHECK(contains(judge_text("exact(good, 90+) > exact(bad, 90+)", models).reason, "length 90+"));
  // Lengths go from 1 to 64, one sentence each.
  CHECK(judge_text("exact(good, 1-30) > exact(bad, 1-30)", models).outcome ==
        Verdict::Outcome::reproduced);
  const Verdict few = judge_text("exact(good, 36+) > exact(bad, 36+)", models);
  CHECK(few.outcome == Verdict::Outcome::undecided);
  CHECK(contains(few.reason, "one seed, and fewer than 30 sentences of length 36+"));
}

TEST_CASE("Seeds that all give the same difference are judged over the sentences") {
  const TemporaryFolder folder;
  const std::string half = times(20, "10");
  std::string one_more = half;
  one_more[1] = '1';
  const std::vector<ModelResults> models = {
      fake_model(folder, "all", {times(40, "1"), times(40, "1")}),
      fake_model(folder, "none", {times(40, "0"), times(40, "0")}),
      fake_model(folder, "half", {half, half}), fake_model(folder, "more", {one_more, one_more})};
  const Verdict clear = judge_text("exact(all) > exact(none)", models);
  CHECK(clear.outcome == Verdict::Outcome::reproduced);
  CHECK(contains(verdict_report({clear}), "2 seeds that agree, over sentences"));
  CHECK(judge_text("exact(more) > exact(half)", models).outcome == Verdict::Outcome::undecided);
}

TEST_CASE("Language models have perplexities to judge, and neither translations nor lengths") {
  const TemporaryFolder folder;
  std::vector<ModelResults> models = {fake_model(folder, "a", {"1", "1"}),
                                      fake_model(folder, "b", {"1", "1"})};
  for (ModelResults& model : models) {
    for (RunResult& run : model.runs) {
      run.by_length.clear();
      run.test = {{"bits_per_byte", 1.5}, {"perplexity", model.name == "a" ? 9.0 : 20.0}};
      std::filesystem::remove(run.directory / "translations.txt");
    }
    model.runs[1].test["perplexity"] = model.name == "a" ? 9.0 : 20.1;
  }
  CHECK(judge_text("perplexity(b) > perplexity(a)", models).outcome ==
        Verdict::Outcome::reproduced);
  CHECK(contains(judge_text("perplexity(b, long) > perplexity(a, long)", models).reason,
                 "no length buckets"));
  CHECK(contains(judge_text("perplexity(b, 1-10) > perplexity(a, 1-10)", models).reason,
                 "no perplexity of length 1-10"));
  CHECK(contains(judge_text("bleu(a) > bleu(b)", models).reason, "language model"));
}

TEST_CASE("Length ratios are told with three digits, and the first bucket by its name") {
  const TemporaryFolder folder;
  std::vector<ModelResults> models = {fake_model(folder, "a", {"1", "1"}),
                                      fake_model(folder, "b", {"1", "1"})};
  double ratio = 1.0;  // a: 1.000 and 0.999, b: 0.998 and 0.997
  for (ModelResults& model : models) {
    for (RunResult& run : model.runs) {
      const Json row = {{"low", 0}, {"high", 10}, {"length_ratio", ratio}};
      run.test["by_length"] = Json::array({row});
      ratio -= 0.001;
    }
  }
  CHECK(contains(verdict_report({judge_text("ratio(a, 1-10) > ratio(b, 1-10)", models)}),
                 "1.000 against 0.998: difference +0.002"));
}
