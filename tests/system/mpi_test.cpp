// Training over several ranks on this machine: the numbers of one process, and nothing is lost when
// a rank dies.

#include <doctest/doctest.h>
#include <signal.h>

#include <chrono>
#include <future>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "system/program.hpp"

using seqlab::contains;

namespace {

using Strings = std::vector<std::string>;

#ifdef SEQLAB_MPIRUN

constexpr int kUpdates = 300;

/// The arguments of a run with four shards that has not only its last state to lose.
Strings train(const Scratch& scratch, const std::string& run, const Strings& more = {}) {
  Strings arguments = {"train",    scratch.write("e.cfg", tiny_experiment()),
                       "--model",  "bahdanau",
                       "--output", scratch.file(run)};
  const std::string limit = "training.max_updates=" + std::to_string(kUpdates);
  for (const std::string& setting :
       {std::string("training.shards=4"), limit, std::string("training.average_last=2"),
        std::string("training.checkpoint_every=10")}) {
    arguments.insert(arguments.end(), {"--set", setting});
  }
  arguments.insert(arguments.end(), more.begin(), more.end());
  return arguments;
}

/// In a container the tests may be root's, there may be fewer processors than ranks, and one
/// process may not be allowed to read the memory of another.
std::string mpirun() {
  return quoted(SEQLAB_MPIRUN) +
         " --allow-run-as-root --oversubscribe --mca btl_vader_single_copy_mechanism none";
}

std::string on_ranks(int ranks, const Strings& arguments) {
  return mpirun() + " -np " + std::to_string(ranks) + ' ' + seqlab_command(arguments);
}

/// Runs in the background. The process numbers of mpirun and of each rank are in the files `mpirun`
/// and `rankN`.
std::future<ProgramResult> start_on_ranks(const Scratch& scratch, int ranks,
                                          const Strings& arguments) {
  const std::string wrapper = "echo $$ > " + quoted(scratch.file("rank")) +
                              "$OMPI_COMM_WORLD_RANK; exec " + seqlab_command(arguments);
  const std::string command = "echo $$ > " + quoted(scratch.file("mpirun")) + "; exec " + mpirun() +
                              " -np " + std::to_string(ranks) + " sh -c " + quoted(wrapper);
  return std::async(std::launch::async, [command] { return run_command(command); });
}

/// Waits, at most for a minute.
template <typename Condition>
bool comes_true(Condition&& condition) {
  for (int i = 0; i < 12000; ++i) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return false;
}

bool checkpoint_comes(const Scratch& scratch, const std::string& run) {
  const std::string file = scratch.file(run + "/checkpoint/state.safetensors");
  return comes_true([&] { return std::filesystem::exists(file); });
}

/// Sends a signal to a process whose number is in a file; 0 asks whether it is there.
bool send(const Scratch& scratch, const std::string& process, int signal) {
  return ::kill(std::stoi(read_whole(scratch.file(process))), signal) == 0;
}

bool process_ends(const Scratch& scratch, const std::string& process) {
  return comes_true([&] { return !send(scratch, process, 0); });
}

/// A CSV file without the columns that depend on the clock.
std::string timeless(const std::string& file) {
  std::istringstream lines(read_whole(file));
  std::string text;
  std::vector<bool> kept;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    const bool header = kept.empty();
    std::size_t column = 0;
    for (std::string field; std::getline(fields, field, ',');) {
      if (header) kept.push_back(field != "seconds" && field != "tokens_per_second");
      if (kept[column++]) text += field + ',';
    }
    text += '\n';
  }
  return text;
}

void check_same_run(const std::string& run, const std::string& reference) {
  REQUIRE(!read_whole(reference + "/best.safetensors").empty());
  CHECK(read_whole(run + "/best.safetensors") == read_whole(reference + "/best.safetensors"));
  CHECK(read_whole(run + "/translations.txt") == read_whole(reference + "/translations.txt"));
  CHECK(timeless(run + "/train.csv") == timeless(reference + "/train.csv"));
  CHECK(timeless(run + "/valid.csv") == timeless(reference + "/valid.csv"));
  CHECK(std::filesystem::exists(run + "/done"));
}

/// The run of one process that the others are compared with.
const std::string& one_process() {
  static const Scratch scratch;
  static const std::string run = scratch.file("run");
  static const ProgramResult result = run_seqlab(train(scratch, "run"));
  REQUIRE(result.status == 0);
  return run;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) {
    ++found;
  }
  return found;
}

#endif

}  // namespace

#ifdef SEQLAB_MPIRUN

TEST_CASE("2 and 4 ranks give the bits of one process with as many shards") {
  for (const int ranks : {2, 4}) {
    const Scratch scratch;
    const ProgramResult result = run_command(on_ranks(ranks, train(scratch, "run")));
    INFO("standard error: ", result.err);
    REQUIRE(result.status == 0);
    CHECK(count(result.out, "BLEU") == 1);
    CHECK(count(result.err, "update 300 ") == 2);  // training and validation, of one rank
    check_same_run(scratch.file("run"), one_process());
    CHECK(contains(read_whole(scratch.file("run/manifest.json")),
                   "\"ranks\": " + std::to_string(ranks)));
  }
}

TEST_CASE("A rank that dies ends all ranks, and one process goes on from the last checkpoint") {
  const Scratch scratch;
  std::future<ProgramResult> running = start_on_ranks(scratch, 4, train(scratch, "run"));
  REQUIRE(checkpoint_comes(scratch, "run"));
  REQUIRE(send(scratch, "rank2", SIGKILL));
  const ProgramResult result = running.get();
  INFO("standard error: ", result.err);
  CHECK(result.status != 0);
  CHECK(contains(result.err, "rank 2"));
  CHECK(contains(result.err, "signal 9"));
  for (const char* rank : {"rank0", "rank1", "rank3"}) CHECK(process_ends(scratch, rank));
  REQUIRE(!std::filesystem::exists(scratch.file("run/done")));
  const ProgramResult resumed = run_seqlab(train(scratch, "run", {"--resume"}));
  REQUIRE(resumed.status == 0);
  CHECK(contains(resumed.err, "resumed after update"));
  check_same_run(scratch.file("run"), one_process());
}

TEST_CASE(
    "SIGUSR1 to mpirun stops all ranks with a checkpoint, and they go on with the same bits") {
  const Scratch scratch;
  std::future<ProgramResult> running = start_on_ranks(scratch, 2, train(scratch, "run"));
  REQUIRE(checkpoint_comes(scratch, "run"));
  REQUIRE(send(scratch, "mpirun", SIGUSR1));
  const ProgramResult result = running.get();
  INFO("standard error: ", result.err);
  CHECK(result.status == 1);
  CHECK(count(result.err, "go on with --resume") == 1);
  REQUIRE(!std::filesystem::exists(scratch.file("run/done")));
  const ProgramResult resumed = run_command(on_ranks(2, train(scratch, "run", {"--resume"})));
  REQUIRE(resumed.status == 0);
  CHECK(contains(resumed.err, "resumed after update"));
  check_same_run(scratch.file("run"), one_process());
}

TEST_CASE("The batch script stops a run before its time limit, requeues the job and goes on") {
  const Scratch scratch;
  std::filesystem::create_directory(scratch.path() / "bin");
  const auto tool = [&](const std::string& name, const std::string& text) {
    std::filesystem::permissions(scratch.write("bin/" + name, "#!/bin/sh\n" + text + '\n'),
                                 std::filesystem::perms::owner_all);
  };
  tool("scontrol", "echo \"$@\" >> " + quoted(scratch.file("requeued")));
  tool("mpirun", "shift 4  # the binding: there may be few processors here\nexec " + mpirun() +
                     " -np 2 \"$@\"");
  const auto job_command = [&](const Strings& arguments) {
    std::string command =
        "echo $$ > " + quoted(scratch.file("job")) +
        "; exec env PATH=" + quoted(scratch.file("bin")) +
        ":\"$PATH\" SLURM_JOB_ID=77 SEQLAB=" + quoted(SEQLAB_BINARY_DIR "/seqlab") + " bash " +
        quoted(SEQLAB_SOURCE_DIR "/experiments/slurm/train.sbatch");
    // Experiment, model and run without the names of their options, then the rest.
    for (const std::size_t i : {1, 3, 5}) command += ' ' + quoted(arguments[i]);
    for (std::size_t i = 6; i < arguments.size(); ++i) command += ' ' + quoted(arguments[i]);
    return command;
  };
  const std::string command = job_command(train(scratch, "run"));

  std::future<ProgramResult> job = std::async([command] { return run_command(command); });
  REQUIRE(checkpoint_comes(scratch, "run"));
  REQUIRE(send(scratch, "job", SIGUSR1));
  const ProgramResult stopped = job.get();
  INFO("standard error: ", stopped.err);
  CHECK(stopped.status == 0);
  CHECK(read_whole(scratch.file("requeued")) == "requeue 77\n");
  CHECK(!std::filesystem::exists(scratch.file("run/done")));
  CHECK(run_command(command).status == 0);
  CHECK(read_whole(scratch.file("requeued")) == "requeue 77\n");
  check_same_run(scratch.file("run"), one_process());

  // A run that fails is not tried again and again.
  CHECK(run_command(job_command(train(scratch, "bad", {"--set", "training.shards=3"}))).status ==
        2);
  CHECK(read_whole(scratch.file("requeued")) == "requeue 77\n");
}

TEST_CASE("What is wrong on all ranks is told once and makes nothing") {
  const Scratch scratch;
  const ProgramResult shards = run_command(on_ranks(3, train(scratch, "run")));
  INFO("standard error: ", shards.err);
  CHECK(shards.status == 2);
  CHECK(count(shards.err, "shards = 4 cannot be shared by 3 ranks") == 1);
  CHECK(!std::filesystem::exists(scratch.file("run")));
  const ProgramResult table = run_command(on_ranks(2, {"table", scratch.path().string()}));
  CHECK(table.status == 2);
  CHECK(contains(table.err, "runs in one process"));
}

TEST_CASE("bench-ranks measures the sum over ranks") {
  const ProgramResult result = run_command(
      on_ranks(2, {"bench-ranks", "--parameters", "1000", "2000", "--steps", "2", "--json"}));
  REQUIRE(result.status == 0);
  const auto rows = nlohmann::json::parse(result.out);
  REQUIRE(rows.size() == 2);
  CHECK(rows[1].at("ranks") == 2);
  CHECK(rows[1].at("parameters") == 2000);
  CHECK(rows[1].at("sum_ms").get<double>() > 0);
}

TEST_CASE("Ranks that do not see the same experiment do not train together") {
  const Scratch scratch;
  const ProgramResult result =
      run_command(on_ranks(1, train(scratch, "run")) + " : -np 1 " +
                  seqlab_command(train(scratch, "run", {"--set", "training.learning_rate=0.02"})));
  INFO("standard error: ", result.err);
  CHECK(result.status == 1);
  CHECK(contains(result.err, "rank 1 of 2 has another experiment or data than rank 0"));
  CHECK(!std::filesystem::exists(scratch.file("run/checkpoint")));
}

#else

TEST_CASE("Without MPI, ranks are refused") {
  MESSAGE("seqlab was built without MPI: training over several ranks is NOT tested");
  const Scratch scratch;
  const ProgramResult result =
      run_command("OMPI_COMM_WORLD_SIZE=2 " +
                  seqlab_command({"train", scratch.write("e.cfg", tiny_experiment()), "--model",
                                  "lstm", "--output", scratch.file("run")}));
  CHECK(result.status == 2);
  CHECK(contains(result.err, "built without MPI"));
  CHECK(!std::filesystem::exists(scratch.file("run")));
}

#endif
