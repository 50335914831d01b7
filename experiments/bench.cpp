// seqlab bench: speed of training and decoding, each model in a process of its own.

#include <sys/wait.h>
#include <unistd.h>

#include <boost/algorithm/string/split.hpp>
#include <cerrno>
#include <iostream>

#include "bench_work.hpp"
#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/error.hpp"
#include "seqlab/models/registry.hpp"

namespace seqlab {

namespace {

using Json = nlohmann::ordered_json;

std::string read_all(int descriptor) {
  std::string text;
  char block[4096];
  for (;;) {
    const ssize_t size = read(descriptor, block, sizeof block);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return text;
    text.append(block, static_cast<std::size_t>(size));
  }
}

[[noreturn]] void run_child(const BenchOptions& options, int descriptor) {
  int status = 1;
  std::string text;
  try {
    text = run_bench(options).dump();
    status = 0;
  } catch (const std::exception& error) {
    std::cerr << "seqlab bench: " << options.family << ": " << error.what() << std::endl;
  }
  const bool written =
      write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  _exit(written ? status : 1);
}

/// In a child process, so that peak memory is that of one model.
Json run_apart(const BenchOptions& options) {
  int pipe_ends[2];
  if (pipe(pipe_ends) != 0) throw RuntimeFailure("cannot make a pipe");
  const pid_t child = fork();
  if (child < 0) throw RuntimeFailure("cannot start a process");
  if (child == 0) {
    close(pipe_ends[0]);
    run_child(options, pipe_ends[1]);
  }
  close(pipe_ends[1]);
  const std::string text = read_all(pipe_ends[0]);
  close(pipe_ends[0]);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw RuntimeFailure(fmt::format("the process of {} failed", options.family));
  }
  return Json::parse(text);
}

void print_row(const Json& json) {
  std::cout << fmt::format("{:<20}{:>12}{:>13.0f}{:>10.1f}{:>10.1f}{:>14.0f}{:>10.1f}{:>10.0f}\n",
                           json["model"].get<std::string>(), json["parameters"].get<Index>(),
                           json["train_target_tokens_per_second"].get<double>(),
                           json["step_ms"].get<double>(), json["gflops"].get<double>(),
                           json["decode_target_tokens_per_second"].get<double>(),
                           json["decode_ms"].get<double>(), json["peak_memory_mb"].get<double>())
            << std::flush;
}

}  // namespace

int bench_main(int argc, char** argv) {
  using boost::program_options::value;
  CommandLine command(
      "bench", "",
      "Measures training (forward, loss, backward, clipping, Adam) through the one training loop\n"
      "and greedy decoding (exactly 25 steps a sentence), on random sentences of one length\n"
      "without padding. Prints medians over steps. Size default: width 256, 8000 words;\n"
      "tiny: width 128, 4000 words. GFLOP/s counts the matrix products of training only.",
      "  seqlab bench\n"
      "  seqlab bench --models lstm,transformer --size tiny --threads 2\n"
      "  seqlab bench --length 50 --json > speed.json");
  command.add()(
      "models",
      value<std::string>()->value_name("A,B")->default_value("rnn,lstm,bahdanau,transformer"),
      "model families");
  command.add()("size", value<std::string>()->value_name("SIZE")->default_value("default"),
                "default | tiny");
  command.add()("length", value<Index>()->value_name("N")->default_value(25),
                "positions of each sentence");
  command.add()("batch", value<Index>()->value_name("N")->default_value(64), "sentences a batch");
  command.add()("threads", value<Index>()->value_name("N")->default_value(available_processors()),
                "threads, and shards of each batch");
  command.add()("steps", value<Index>()->value_name("N")->default_value(15), "measured updates");
  command.add()("json", "print a list with an object for each model");
  if (!command.parse(argc, argv)) return 0;

  BenchOptions options;
  const std::string size = command.get<std::string>("size");
  if (size != "default" && size != "tiny") {
    throw UsageError(fmt::format("--size '{}'; valid: default, tiny", size));
  }
  if (size == "tiny") options.width = 128, options.vocabulary = 4000;
  options.length = command.get<Index>("length");
  options.sentences = command.get<Index>("batch");
  options.threads = command.get<Index>("threads");
  options.steps = command.get<Index>("steps");
  if (options.length < 2 || options.sentences < 1 || options.threads < 1 || options.steps < 1) {
    throw UsageError("--length must be 2 or more; --batch, --threads and --steps 1 or more");
  }
  std::vector<std::string> families;
  const std::string models = command.get<std::string>("models");
  boost::algorithm::split(families, models, [](char c) { return c == ','; });
  for (const std::string& family : families) find_family(family);

  if (!command.has("json")) {
    std::cout << fmt::format("{:<20}{:>12}{:>13}{:>10}{:>10}{:>14}{:>10}{:>10}\n", "model",
                             "parameters", "train tok/s", "step ms", "GFLOP/s", "decode tok/s",
                             "ms", "peak MB")
              << std::flush;
  }
  Json results = Json::array();
  for (const std::string& family : families) {
    options.family = family;
    results.push_back(run_apart(options));
    if (!command.has("json")) print_row(results.back());
  }
  if (command.has("json")) std::cout << results.dump(2) << '\n';
  return 0;
}

}  // namespace seqlab
