// Whole experiments through the real program: stopped, killed, in parts, with failing runs.

#include <doctest/doctest.h>

#include <chrono>
#include <random>

#include "support.hpp"
#include "system/program.hpp"

using seqlab::contains;

namespace {

using Strings = std::vector<std::string>;

/// Two models, two seeds and two baselines; some seconds in all.
std::string small_grid(const std::string& more = "") {
  std::string text = tiny_experiment(more);
  text.insert(text.find("models ="), "seeds = 1 2\nbaselines = retrieval eliza\n");
  text.replace(text.find("max_updates = 120"), 17, "max_updates = 600");
  return text + "[expect]\nsane = exact(bahdanau) > exact(retrieval) - 100 | Someone: 2 > 1\n";
}

std::string shell_command(const Strings& arguments) {
  std::string command = quoted(SEQLAB_BINARY_DIR "/seqlab");
  for (const std::string& argument : arguments) command += ' ' + quoted(argument);
  return command + " > /dev/null 2>&1";
}

/// A grid that ran through, shared by the tests.
struct Complete {
  Scratch scratch;
  std::string config = scratch.write("grid.cfg", small_grid());
  std::string folder = scratch.file("results");
  std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now();
  ProgramResult result = run_seqlab({"run", config, "--output", folder, "--jobs", "2"});
  double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
};

const Complete& complete() {
  static const Complete instance;
  return instance;
}

/// What must not depend on how often a grid was stopped.
void check_same_results(const std::string& folder) {
  const std::string& expected = complete().folder;
  for (const char* run : {"bahdanau-seed1", "bahdanau-seed2", "lstm-seed1", "lstm-seed2"}) {
    for (const char* file : {"best.safetensors", "translations.txt", "by_length.csv"}) {
      const std::string name = std::string("/runs/") + run + '/' + file;
      INFO(name);
      CHECK(read_whole(folder + name) == read_whole(expected + name));
    }
  }
  for (const char* format : {"markdown", "latex", "csv"}) {
    const auto table = [&](const std::string& of) {
      return run_seqlab({"table", of, "--format", format, "--part", "quality"}).out;
    };
    CHECK(table(folder) == table(expected));
    CHECK(contains(table(folder), "retrieval"));
  }
  for (const char* file : {"/table.md", "/table.tex", "/table.csv"}) {
    CHECK(read_whole(folder + file) == read_whole(expected + file));
    CHECK(contains(read_whole(folder + file), "retrieval"));
  }
}

}  // namespace

TEST_CASE("run trains models x seeds, makes the baselines and prints the table") {
  const ProgramResult& result = complete().result;
  INFO("standard error: ", result.err);
  REQUIRE(result.status == 0);
  for (const char* part : {"| bahdanau", "| lstm", "| retrieval", "| eliza"})
    CHECK(contains(result.out, part));
  for (const char* run : {"bahdanau-seed1", "lstm-seed2", "retrieval", "eliza"}) {
    CHECK(std::filesystem::exists(complete().folder + "/runs/" + run + "/done"));
    CHECK(contains(result.err, std::string(run) + ": BLEU"));
  }
  CHECK(!read_whole(complete().folder + "/runs/lstm-seed2.log").empty());
  const ProgramResult cost =
      run_seqlab({"table", complete().folder, "--part", "cost", "--format", "csv"});
  CHECK(contains(cost.out, "kind,n,parameters,"));
  CHECK(contains(cost.out, "\neliza,floor,1,0,"));

  const ProgramResult again = run_seqlab({"run", complete().config, "--output", complete().folder});
  CHECK(again.status == 0);
  CHECK(again.out == result.out);
  CHECK(again.err.empty());  // nothing was started
  // The file in the folder says all.
  CHECK(run_seqlab({"run", complete().folder + "/experiment.cfg"}).out == result.out);
}

TEST_CASE("A grid that is killed ten times ends with the same tables, byte for byte") {
  const Scratch scratch;
  const std::string folder = scratch.file("results");
  const std::string command = shell_command({"run", complete().config, "--output", folder, "--jobs",
                                             "2", "--set", "training.checkpoint_every=20"});
  std::mt19937 random(20261124);
  int killed = 0;
  for (int i = 0; i < 10; ++i) {
    const double share = 0.05 + 0.1 * static_cast<double>(random()) / 4294967296.0;
    const double seconds = share * complete().seconds;
    const int status =
        std::system(("timeout -s KILL " + std::to_string(seconds) + ' ' + command).c_str());
    killed += status == 0 ? 0 : 1;
  }
  CHECK(killed == 10);
  REQUIRE(std::system(command.c_str()) == 0);
  std::string logs;
  for (const std::string& file : files_below(folder)) {
    if (file.ends_with(".log")) logs += read_whole(folder + '/' + file);
  }
  CHECK(contains(logs, "resumed after update"));
  check_same_results(folder);
}

TEST_CASE("SIGTERM stops a grid and all its processes; a second call goes on") {
  const Scratch scratch;
  const std::string folder = scratch.file("results");
  const std::string log = scratch.file("log");
  // Endless runs, stopped when two of them have begun to train.
  const std::string script = scratch.write("stop.sh", R"sh(
"$1" run "$2" --output "$3" --jobs 2 --set training.max_updates=99999999 2> "$4" &
while [ "$(ls "$3"/runs/*/train.csv 2> /dev/null | wc -l)" -lt 2 ]; do sleep 0.05; done
kill -TERM $!
wait $!
)sh");
  const int status =
      std::system(("bash " + quoted(script) + " '" SEQLAB_BINARY_DIR "/seqlab' " +
                   quoted(complete().config) + ' ' + quoted(folder) + ' ' + quoted(log))
                      .c_str());
  CHECK(WEXITSTATUS(status) == 1);
  CHECK(contains(read_whole(log), "0 of 6 runs are done, the same command goes on"));
  CHECK(!contains(read_whole(log), "FAILED"));
  int begun = 0;
  for (const std::string& file : files_below(folder)) {
    begun += contains(file, "checkpoint/state.safetensors") ? 1 : 0;
  }
  CHECK(begun == 2);
  // No process is left that holds a run.
  CHECK(std::system(("for r in " + quoted(folder) +
                     "/runs/*-seed?; do flock --nonblock $r true || exit 1; done")
                        .c_str()) == 0);
  CHECK(run_seqlab({"run", complete().config, "--output", folder}).status == 0);
}

TEST_CASE("The parts of a job array make the whole grid") {
  const Scratch scratch;
  const std::string folder = scratch.file("results");
  for (const char* part : {"1/3", "2/3", "3/3"}) {
    CHECK(run_seqlab({"run", complete().config, "--output", folder, "--shard", part}).status == 0);
  }
  check_same_results(folder);
}

TEST_CASE("check gives verdicts, and its status says whether something was not reproduced") {
  const ProgramResult check = run_seqlab({"check", complete().folder});
  CHECK(check.status == 0);
  CHECK(contains(check.out, "reproduced      sane: exact(bahdanau) > exact(retrieval) - 100"));
  CHECK(contains(check.out, "published  Someone: 2 > 1"));
  CHECK(contains(check.out, "1 reproduced, 0 not reproduced, 0 undecided"));
  CHECK(contains(complete().result.out, check.out));
  // Expectations may be written later: nothing is trained again.
  const ProgramResult more =
      run_seqlab({"run", complete().config, "--output", complete().folder, "--set",
                  "expect.odd=exact(bahdanau) < exact(retrieval) - 100"});
  CHECK(more.status == 0);
  CHECK(more.err.empty());
  CHECK(run_seqlab({"check", complete().folder}).status == 1);
  CHECK(run_seqlab({"check", complete().scratch.file("nowhere")}).status == 1);
}

TEST_CASE("A sweep over tests makes an experiment in each folder") {
  const Scratch scratch;
  const std::string config = scratch.write(
      "swept.cfg", tiny_experiment("[sweep]\ndata.task = copy reverse\nmodel.lstm.width = 8 16\n"
                                   "[expect.reverse]\na = exact(lstm-8) > exact(lstm-16)\n"));
  const std::string folder = scratch.file("results");
  const ProgramResult result =
      run_seqlab({"run", config, "--output", folder, "--set", "training.max_updates=10", "--set",
                  "experiment.models=lstm"});
  CHECK(result.status == 0);
  for (const char* run : {"copy/runs/lstm-8-seed1", "reverse/runs/lstm-16-seed1"}) {
    CHECK(std::filesystem::exists(folder + '/' + run + "/done"));
  }
  CHECK(contains(result.out, "# reverse"));
  const ProgramResult check = run_seqlab({"check", folder});  // copy/ expects nothing
  CHECK(check.status == 0);
  CHECK(check.out.starts_with("reverse\n\nundecided"));
  CHECK(contains(run_seqlab({"table", folder + "/reverse"}).out, "| lstm-16"));
}

TEST_CASE("A failing run is told at the end and does not stop the others") {
  const Scratch scratch;
  const std::string config =
      scratch.write("grid.cfg", tiny_experiment("[model.bad]\nfamily = transformer\nwidth = 13\n"));
  const std::string folder = scratch.file("results");
  const ProgramResult result =
      run_seqlab({"run", config, "--output", folder, "--jobs", "1", "--only", "bad,lstm", "--set",
                  "experiment.models=bad lstm bahdanau", "--set", "training.max_updates=10"});
  CHECK(result.status == 1);
  CHECK(contains(result.out, "| lstm"));
  CHECK(contains(result.err, "1 of 2 runs failed"));
  CHECK(contains(result.err, "width = 13"));
  CHECK(contains(result.err, "bad-seed1.log"));
  CHECK(!std::filesystem::exists(folder + "/runs/bahdanau-seed1"));
}

TEST_CASE("run refuses runs with other settings, unknown models and shards") {
  const auto refused = [](const Strings& more) {
    Strings arguments = {"run", complete().config, "--output", complete().folder};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProgramResult result = run_seqlab(arguments);
    CHECK(result.status == 2);
    return result.err;
  };
  CHECK(contains(refused({"--set", "model.width=25"}),
                 "model.bahdanau.width: 24 in the run, 25 now"));
  CHECK(contains(refused({"--set", "decoding.beam=3"}), "decoding.beam: 2 in the run, 3 now"));
  CHECK(contains(refused({"--only", "lstn"}), "did you mean 'lstm'"));
  CHECK(contains(refused({"--shard", "3/2"}), "i/n"));
  CHECK(contains(refused({"--seeds", "1,x"}), "'x' is not a whole number"));
  CHECK(contains(refused({"--jobs", "0"}), "--jobs 0"));
}
