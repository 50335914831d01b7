#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "seqlab/data/temporary_folder.hpp"
#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/figures.hpp"
#include "seqlab/experiment/table.hpp"

using namespace seqlab;

namespace {

struct FakeRun {
  std::string model;
  int seed = 1;
  double bleu = 0;
  std::string checksum = "00";
  std::string signature = "sig";
  bool done = true;
};

void make_run(const std::filesystem::path& experiment, const FakeRun& run) {
  const auto folder = experiment / "runs" / (run.model + "-seed" + std::to_string(run.seed));
  std::filesystem::create_directories(folder);
  const auto put = [&folder](const char* name, const std::string& text) {
    std::ofstream(folder / name) << text;
  };
  Json manifest = {{"experiment", "fake"},
                   {"model", run.model},
                   {"seed", run.seed},
                   {"models", {"zulu", "alpha"}},
                   {"parameters", {{"all", 1000}}},
                   {"data",
                    {{"task", "parallel"},
                     {"test", {{"checksum", run.checksum}}},
                     {"training_lengths", {1, 20}}}}};
  if (run.model == "floor") {
    manifest.erase("models");
    manifest["baseline"] = "floor";
  }
  put("manifest.json", manifest.dump());
  put("test.json", Json({{"bleu", {{"score", run.bleu}, {"signature", run.signature}}},
                         {"sentences", 30},
                         {"sentence_accuracy", 0.25},
                         {"perplexity", nullptr}})
                       .dump());
  put("by_length.csv", "low,high,sentences,bleu,sentence_accuracy,length_ratio\n0,10,20," +
                           std::to_string(run.bleu + 1) + ",0.5,1\n11,,10," +
                           std::to_string(run.bleu - 1) + ",0,1\n");
  put("train.csv", "update,tokens_per_second\n1,10\n2,1000\n3,20\n");
  put("valid.csv", "update,perplexity\n50,9.5\n100,4\n");
  if (run.done) put("done", "");
}

}  // namespace

TEST_CASE("A table has a row a model with means over seeds, in the experiment's order") {
  const TemporaryFolder folder;
  make_run(folder.path(), {.model = "alpha", .seed = 1, .bleu = 10});
  make_run(folder.path(), {.model = "alpha", .seed = 2, .bleu = 20});
  make_run(folder.path(), {.model = "zulu", .bleu = 5});
  make_run(folder.path(), {.model = "floor", .bleu = 2});
  make_run(folder.path(), {.model = "alpha", .seed = 3, .bleu = 99, .done = false});
  const auto models = load_results(folder.path());
  REQUIRE(models.size() == 3);
  CHECK(models[0].name == "zulu");
  CHECK(models[1].name == "alpha");
  CHECK(models[2].baseline);
  CHECK(make_table(models, TableFormat::csv) ==
        "model,runs,parameters,tokens/s,perplexity,BLEU,chrF2,exact %,length ratio,BLEU 1-10,"
        "BLEU 11+\n"
        "zulu,1,1000,20,,5.0,,25.0,,6.0,4.0\n"
        "alpha,2,1000,20,,15.0,,25.0,,16.0,14.0\n"
        "floor,1,1000,,,2.0,,25.0,,3.0,1.0\n");
  const std::string markdown = make_table(models, TableFormat::markdown);
  CHECK(markdown.find("| alpha |    2 |") != std::string::npos);
  CHECK(markdown.find("BLEU: sig") != std::string::npos);
}

TEST_CASE("Numbers that cannot be compared do not share a table") {
  const TemporaryFolder folder;
  make_run(folder.path(), {.model = "alpha"});
  SUBCASE("other test text") {
    make_run(folder.path(), {.model = "zulu", .checksum = "11"});
    CHECK_THROWS_WITH_AS(load_results(folder.path()), doctest::Contains("test texts"),
                         RuntimeFailure);
  }
  SUBCASE("other BLEU") {
    make_run(folder.path(), {.model = "zulu", .signature = "other"});
    CHECK_THROWS_WITH_AS(load_results(folder.path()), doctest::Contains("BLEU signatures"),
                         RuntimeFailure);
  }
}

TEST_CASE("No finished run, or a damaged one, is told") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH_AS(load_results(folder.path()), doctest::Contains("no finished run"),
                       RuntimeFailure);
  make_run(folder.path(), {.model = "alpha", .done = false});
  CHECK_THROWS_AS(load_results(folder.path()), RuntimeFailure);
  make_run(folder.path(), {.model = "alpha"});
  const auto csv = folder.path() / "runs" / "alpha-seed1" / "by_length.csv";
  std::ofstream(csv) << "low,high\n0,x\n";
  CHECK_THROWS_WITH_AS(load_results(folder.path()), doctest::Contains("by_length.csv:2"),
                       RuntimeFailure);
  std::ofstream(csv) << "low,high\n0\n";
  CHECK_THROWS_WITH_AS(load_results(folder.path()), doctest::Contains("expected 2 fields"),
                       RuntimeFailure);
}

TEST_CASE("Figures come with their numbers, and gaps as NaN") {
  const TemporaryFolder folder;
  make_run(folder.path(), {.model = "alpha", .bleu = 10});
  make_run(folder.path(), {.model = "floor", .bleu = 2});
  const auto figures =
      write_figures(load_results(folder.path()), folder.path() / "it's", "plots", "svg");
  REQUIRE(figures.size() == 3);
  CHECK(read_file(folder.path() / "it's" / "bleu_by_length.tsv") ==
        "low\thigh\tmiddle\tlabel\tsentences\talpha_bleu\talpha_exact\talpha_ratio\tfloor_bleu"
        "\tfloor_exact\tfloor_ratio\n"
        "1\t10\t5.5\t1-10\t20\t11\t50\t1\t3\t50\t1\n"
        "11\t20\t15.5\t11+\t10\t9\t0\t1\t1\t0\t1\n");
  CHECK(read_file(folder.path() / "it's" / "learning.tsv") == "update\talpha\n50\t9.5\n100\t4\n");
  const std::string script = read_file(figures[0].script);
  CHECK(script.find("it''s/bleu_by_length.tsv'") != std::string::npos);
  CHECK(script.find("train_high = 20") != std::string::npos);
}
