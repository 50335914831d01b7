#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "experiment/fake_run.hpp"
#include "seqlab/data/temporary_folder.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/results.hpp"

using namespace seqlab;

using test::make_run;

TEST_CASE("Models stand in the experiment's order, floors last, unfinished runs are left out") {
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
  CHECK(models[1].runs.size() == 2);
  CHECK(models[2].baseline);
}

TEST_CASE("Numbers that cannot be compared do not share a table") {
  const TemporaryFolder folder;
  make_run(folder.path(), {.model = "alpha"});
  const auto check_refused = [&](const test::FakeRun& run, const char* difference) {
    make_run(folder.path(), run);
    CHECK_THROWS_WITH_AS(load_results(folder.path()), doctest::Contains(difference),
                         RuntimeFailure);
  };
  SUBCASE("test text") {
    check_refused({.model = "zulu", .checksum = "11"}, "different test texts");
  }
  SUBCASE("BLEU") {
    check_refused({.model = "zulu", .signature = "s"}, "different BLEU signatures");
  }
  SUBCASE("tokenizer") {
    check_refused({.model = "zulu", .tokenizer = "char"}, "(data.tokenizer): 'word' and 'char'");
  }
  SUBCASE("learned vocabulary") {
    check_refused({.model = "zulu", .vocabulary = "b a"}, "learned vocabularies");
  }
  SUBCASE("search") {
    check_refused({.model = "zulu", .beam = "1"}, "(decoding.beam): '4' and '1'");
  }
  SUBCASE("the same seed twice") {
    make_run(folder.path() / "other", {.model = "alpha"});
    std::filesystem::rename(folder.path() / "other" / "runs" / "alpha-seed1",
                            folder.path() / "runs" / "copy");
    CHECK_THROWS_WITH_AS(load_results(folder.path()), doctest::Contains("both alpha with seed 1"),
                         RuntimeFailure);
  }
  SUBCASE("a floor has no search and no vocabulary, but a test text") {
    make_run(folder.path(), {.model = "floor", .beam = "9"});
    CHECK(load_results(folder.path()).size() == 2);
    check_refused({.model = "floor", .checksum = "11"}, "different test texts");
  }
}

TEST_CASE("The declared baseline") {
  const TemporaryFolder folder;
  CHECK(declared_baseline(folder.path()).empty());
  std::ofstream(folder.path() / "experiment.cfg") << "[experiment]\nbaseline = alpha\n";
  CHECK(declared_baseline(folder.path()) == "alpha");
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
