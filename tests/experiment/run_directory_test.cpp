#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "seqlab/data/temporary_folder.hpp"
#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/run_directory.hpp"
#include "seqlab/experiment/version.hpp"
#include "seqlab/models/registry.hpp"
#include "seqlab/training/checkpoint.hpp"

using namespace seqlab;

namespace {

Experiment tiny(const std::vector<std::string>& overrides = {}) {
  return parse_experiment(
      "[data]\ntask = copy\nsymbols = 4\ntrain_size = 20\n[model.rnn]\nwidth = 4\n"
      "[training]\nmax_updates = 5\n",
      "tiny.cfg", overrides);
}

std::string resolved(const std::vector<std::string>& overrides = {}, std::uint64_t seed = 1) {
  const Experiment experiment = tiny(overrides);
  return write_experiment(experiment, experiment.models.front(), seed);
}

/// A run directory as training leaves it.
RunDirectory make_run(const std::filesystem::path& path) {
  const Experiment experiment = tiny();
  const RunDirectory run(path);
  run.prepare(resolved(), false);
  const std::vector<std::string> lines = {"a b c d"};
  TokenizerOptions options;
  options.kind = "symbols";
  const TokenizerPair tokenizers = TokenizerPair::train(options, lines, lines);
  tokenizers.save(path);
  const auto model = make_model(experiment.models.front().options, {8, 8}, 3);
  save_parameters(run.file("best.safetensors"), model->parameters());
  run.write_json("manifest.json", {{"model", "rnn"}});
  return run;
}

}  // namespace

TEST_CASE("A run directory is made once, and taken up again only with the same settings") {
  const TemporaryFolder folder;
  const RunDirectory run(folder.path() / "deep" / "run");
  CHECK(!run.exists());
  run.prepare(resolved(), false);
  CHECK(run.exists());
  CHECK(!run.done());
  CHECK_THROWS_AS(run.prepare(resolved(), false), UsageError);
  run.prepare(resolved(), true);
  run.prepare(resolved({"training.max_updates=9", "training.workers=3", "decoding.beam=2"}), true);
  CHECK(read_file(run.file("config.cfg")).find("max_updates = 9") != std::string::npos);
  CHECK_THROWS_WITH_AS(run.prepare(resolved({"model.rnn.width=5"}), true),
                       doctest::Contains("model.rnn.width: 4 in the run, 5 now"), UsageError);
  CHECK_THROWS_WITH_AS(run.prepare(resolved({}, 2), true), doctest::Contains("experiment.seeds"),
                       UsageError);
  CHECK(read_file(run.file("config.cfg")).find("width = 4") != std::string::npos);
}

TEST_CASE("A folder with other things is left alone") {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "letter.txt") << "dear\n";
  CHECK_THROWS_AS(RunDirectory(folder.path()).prepare(resolved(), true), UsageError);
  CHECK_THROWS_AS(RunDirectory(folder.path() / "letter.txt").prepare(resolved(), false), UsageError);
  CHECK_THROWS_AS(RunDirectory(folder.path() / "letter.txt" / "run").prepare(resolved(), false),
                  RuntimeFailure);
}

TEST_CASE("A run is loaded with its model, tokenizers and settings") {
  const TemporaryFolder folder;
  const RunDirectory made = make_run(folder.path() / "run");
  const LoadedRun run = load_run(made.path());
  CHECK(run.named_model().name == "rnn");
  CHECK(run.tokenizers.source->vocabulary_size() == 8);
  const auto original = make_model(run.named_model().options, {8, 8}, 3);
  CHECK(std::equal(original->parameters().values().begin(), original->parameters().values().end(),
                   run.model->parameters().values().begin()));
}

TEST_CASE("What is missing or wrong in a run is named") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH_AS(load_run(folder.path() / "none"), doctest::Contains("seqlab train"),
                       RuntimeFailure);
  const RunDirectory run = make_run(folder.path() / "run");
  const auto fails_with = [&run](const char* part) {
    CHECK_THROWS_WITH_AS(load_run(run.path()), doctest::Contains(part), RuntimeFailure);
  };
  SUBCASE("no parameters yet") {
    std::filesystem::remove(run.file("best.safetensors"));
    fails_with("--resume");
  }
  SUBCASE("another model's parameters") {
    const auto other = make_model(find_family("lstm").defaults, {8, 8}, 1);
    save_parameters(run.file("best.safetensors"), other->parameters());
    fails_with("best.safetensors");
  }
  SUBCASE("no vocabulary") {
    std::filesystem::remove(run.file("source.vocab"));
    fails_with("vocab");
  }
  SUBCASE("damaged manifest") {
    run.write("manifest.json", "{ \"model\": ");
    fails_with("manifest.json");
  }
  SUBCASE("a baseline") {
    run.write_json("manifest.json", {{"baseline", "gloss"}});
    fails_with("baseline");
  }
}

TEST_CASE("The program's version is the project's") {
  const std::string cmake = read_file(SEQLAB_SOURCE_DIR "/CMakeLists.txt");
  CHECK(cmake.find(fmt::format("project(seqlab VERSION {} ", kVersion)) != std::string::npos);
}

TEST_CASE("Parameters are counted by their job") {
  CHECK(parameter_job("encoder.embedding") == "embeddings");
  CHECK(parameter_job("output.bias") == "output");
  CHECK(parameter_job("decoder.layer0.w_hh") == "body");
  const auto model = make_model(find_family("lstm").defaults, {8, 9}, 1);
  const ParameterCounts counts = count_parameters(model->parameters());
  CHECK(counts.all() == model->parameters().count());
  CHECK(counts.embeddings == (8 + 9) * 256);
}
