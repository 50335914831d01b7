#include "seqlab/experiment/grid.hpp"

#include <doctest/doctest.h>

#include "seqlab/error.hpp"
#include "seqlab/experiment/grid_runner.hpp"
#include "support.hpp"

using namespace seqlab;

namespace {

std::vector<Experiment> small() {
  return parse_experiments(
      "[experiment]\nmodels = lstm gru\nseeds = 1 2\nbaselines = gloss\n[data]\ntask = copy\n"
      "[training]\nmax_updates = 100\nworkers = 1\n",
      "folder/small.cfg");
}

std::vector<std::string> names_of(const GridChoice& choice) {
  std::vector<std::string> names;
  for (const GridRun& run : make_grid(small(), "out", choice)) names.push_back(run.name);
  return names;
}

using Strings = std::vector<std::string>;

}  // namespace

TEST_CASE("A grid holds models x seeds and the baselines") {
  CHECK(names_of({}) == Strings{"lstm-seed1", "gru-seed1", "lstm-seed2", "gru-seed2", "gloss"});
  CHECK(names_of({.models = {"gru", "gloss"}, .seeds = {}}) ==
        Strings{"gru-seed1", "gru-seed2", "gloss"});
  CHECK(names_of({.models = {}, .seeds = {7}}) == Strings{"lstm-seed7", "gru-seed7", "gloss"});
  CHECK_THROWS_WITH_AS(names_of({.models = {"lstmm"}, .seeds = {}}),
                       doctest::Contains("did you mean 'lstm'"), UsageError);
}

TEST_CASE("The parts of a grid are disjoint and make the whole") {
  Strings all;
  for (Index part = 1; part <= 3; ++part) {
    for (const std::string& name :
         names_of({.models = {}, .seeds = {}, .part = part, .parts = 3})) {
      all.push_back(name);
    }
  }
  Strings whole = names_of({});
  std::sort(all.begin(), all.end());
  std::sort(whole.begin(), whole.end());
  CHECK(all == whole);
}

TEST_CASE("Parts of an experiment have folders of their own") {
  const std::vector<Experiment> parts = parse_experiments(
      "[experiment]\nmodels = lstm\nseeds = 1 2\n[sweep]\ndata.task = copy reverse\n"
      "model.width = 8 16\n[training]\nmax_updates = 100\n",
      "folder/small.cfg");
  std::vector<std::string> names;
  for (const GridRun& run : make_grid(parts, "out", {})) {
    names.push_back(run.name);
    CHECK(parse_experiment(run.config, "x.cfg").data.task == run.part);
    CHECK(run.directory == "out/" + run.part + "/runs/" + run.name.substr(run.part.size() + 1));
  }
  CHECK(names == Strings{"copy/lstm-8-seed1", "copy/lstm-16-seed1", "reverse/lstm-8-seed1",
                         "reverse/lstm-16-seed1", "copy/lstm-8-seed2", "copy/lstm-16-seed2",
                         "reverse/lstm-8-seed2", "reverse/lstm-16-seed2"});
}

TEST_CASE("A run's command trains its resolved config, or makes a baseline") {
  const std::vector<GridRun> runs = make_grid(small(), "out", {});
  CHECK(runs[0].command("seqlab") == Strings{"seqlab", "train", "out/runs/lstm-seed1/config.cfg",
                                             "--resume", "--output", "out/runs/lstm-seed1"});
  CHECK(runs[4].command("seqlab") == Strings{"seqlab", "baseline", "out/runs/gloss/config.cfg",
                                             "--resume", "--output", "out/runs/gloss", "--kind",
                                             "gloss"});
  CHECK(parse_experiment(runs[3].config, "x.cfg").models[0].name == "gru");
  CHECK(parse_experiment(runs[3].config, "x.cfg").experiment.seeds == std::vector<Index>{2});
}

TEST_CASE("Progress is read from the last whole row of train.csv") {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder.path() / "runs" / "lstm-seed1");
  const GridRun run = make_grid(small(), folder.path(), {}).front();
  CHECK(read_progress(run).fraction == 0.0);
  const auto put = [&](const std::string& text) {
    write(folder, "runs/lstm-seed1/train.csv", text);
  };
  put("update,epoch,tokens,seconds\n");
  CHECK(read_progress(run).fraction == 0.0);
  put("update,epoch,tokens,seconds\n10,1,50,2.5\n25,1,99,7.5\n3");  // the last row is being written
  CHECK(read_progress(run).fraction == doctest::Approx(0.25));
  CHECK(read_progress(run).seconds == doctest::Approx(7.5));
}
