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

/// One direction of an operation: time and the rate of its products.
std::string work_text(const Json& work) {
  const double ms = work["ms"].get<double>();
  const double gflop = work["gflop"].get<double>();
  if (ms <= 0.0) return fmt::format("{:>10}{:>9}{:>10}", "", "", "");
  return fmt::format("{:>10.0f}{:>9.2f}{:>10}", work["calls"].get<double>(), ms,
                     gflop > 0.0 ? fmt::format("{:.0f}", 1e3 * gflop / ms) : "");
}

void print_decoding_profile(const Json& operations) {
  std::cout << fmt::format("  {:<32}{:>10}{:>9}{:>10}\n", "operation, in decoding a batch", "calls",
                           "ms", "GFLOP/s");
  double total = 0.0;
  for (const Json& operation : operations) {
    total += operation["forward"]["ms"].get<double>();
    std::cout << fmt::format("  {:<32}{}\n", operation["operation"].get<std::string>(),
                             work_text(operation["forward"]));
  }
  std::cout << fmt::format("  {:.1f} ms in these\n\n", total);
}

void print_profile(const Json& json) {
  std::cout << fmt::format("\n  {:<32}{:>29}{:>29}\n  {:<32}{:>10}{:>9}{:>10}{:>10}{:>9}{:>10}\n",
                           "", "forward", "backward", "operation, in a step", "calls", "ms",
                           "GFLOP/s", "calls", "ms", "GFLOP/s");
  double total = 0.0;
  for (const Json& operation : json["operations"]) {
    total += operation["forward"]["ms"].get<double>() + operation["backward"]["ms"].get<double>();
    std::cout << fmt::format("  {:<32}{}{}\n", operation["operation"].get<std::string>(),
                             work_text(operation["forward"]), work_text(operation["backward"]));
  }
  std::cout << fmt::format(
      "  {:.1f} ms in these; {:.1f} allocations and {:.1f} page faults in a steady step\n\n", total,
      json["allocations_per_step"].get<double>(), json["page_faults_per_step"].get<double>());
}

void print_header() {
  std::cout << fmt::format("{:<18}{:>11}{:>12}{:>9}{:>9}{:>8}{:>13}{:>10}{:>9}\n", "model",
                           "parameters", "train tok/s", "step ms", "GFLOP/s", "share",
                           "decode tok/s", "decode ms", "peak MB")
            << std::flush;
}

void print_row(const Json& json) {
  std::cout << fmt::format(
      "{:<18}{:>11}{:>12.0f}{:>9.1f}{:>9.1f}{:>7.0f}%{:>13.0f}{:>10.1f}{:>9.0f}\n",
      json["model"].get<std::string>(), json["parameters"].get<Index>(),
      json["train_target_tokens_per_second"].get<double>(), json["step_ms"].get<double>(),
      json["gflops"].get<double>(), 100.0 * json["gemm_limit_share"].get<double>(),
      json.value("decode_target_tokens_per_second", 0.0), json.value("decode_ms", 0.0),
      json["peak_memory_mb"].get<double>());
  if (json.contains("operations")) print_profile(json);
  if (json.contains("decoding_operations")) print_decoding_profile(json["decoding_operations"]);
  std::cout << std::flush;
}

}  // namespace

int bench_main(int argc, char** argv) {
  using boost::program_options::value;
  CommandLine command(
      "bench", "",
      "Measures training (forward, loss, backward, clipping, Adam) through the one training loop\n"
      "and greedy decoding (exactly 25 steps a sentence), on random sentences of one length\n"
      "without padding. Prints medians over steps. Size default: width 256, 8000 words;\n"
      "tiny: width 128, 4000 words. GFLOP/s counts the products of training; share is their part "
      "of\n"
      "what large matrix products alone reach on as many threads in the same process.",
      "  seqlab bench\n"
      "  seqlab bench --models lstm,transformer --size tiny --threads 2\n"
      "  seqlab bench --models transformer --threads 1 --profile\n"
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
  command.add()("precision", value<std::string>()->value_name("P")->default_value("fp32"),
                "of the products' inputs: fp32 | bf16");
  command.add()("no-decode", "training only");
  command.add()("profile",
                "the time of each operation, and the memory requests of a training step; 1 thread");
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
  const std::string precision = command.get<std::string>("precision");
  if (precision != "fp32" && precision != "bf16") {
    throw UsageError(fmt::format("--precision '{}'; valid: fp32, bf16", precision));
  }
  options.bf16 = precision == "bf16";
  options.decode = !command.has("no-decode");
  options.profile = command.has("profile");
  if (options.profile && options.threads != 1) {
    throw UsageError("--profile measures one thread; add --threads 1");
  }
  if (options.length < 2 || options.sentences < 1 || options.threads < 1 || options.steps < 1) {
    throw UsageError("--length must be 2 or more; --batch, --threads and --steps 1 or more");
  }
  std::vector<std::string> families;
  const std::string models = command.get<std::string>("models");
  boost::algorithm::split(families, models, [](char c) { return c == ','; });
  for (const std::string& family : families) find_family(family);

  if (!command.has("json")) print_header();
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
