// seqlab train: one model, one seed, from the experiment file to the tested run.

#include <unistd.h>

#include <iostream>
#include <optional>

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/config_key.hpp"
#include "seqlab/experiment/data_sets.hpp"
#include "seqlab/experiment/match.hpp"
#include "seqlab/experiment/run.hpp"
#include "seqlab/experiment/text_run.hpp"
#include "seqlab/training/batch_gradient.hpp"
#include "seqlab/training/communicator.hpp"

namespace seqlab {

namespace {

void report(const std::string& line) { std::cerr << line << std::endl; }

/// Shows the progress of decoding on a terminal.
DecodingProgress terminal_progress() {
  if (isatty(STDERR_FILENO) == 0) return {};
  return [](std::size_t done, std::size_t total) {
    std::cerr << fmt::format("\rtranslated {}/{} ", done, total) << (done == total ? "\n" : "")
              << std::flush;
  };
}

void test_language_model(const LoadedRun& run, const ParallelText& text, Index threads) {
  const TextTest result = test_text(run, text, threads);
  write_text_test(run.directory, result, Json::object());
  std::cout << fmt::format("{}: {}\n", run.named_model().name, text_test_line(result));
}

void test(const std::filesystem::path& directory) {
  const LoadedRun run = load_run(directory);
  const ParallelText text = load_text(run.experiment.data, Split::test);
  const Index threads = thread_count(run.named_model().training.workers);
  if (run.experiment.data.language_model()) return test_language_model(run, text, threads);
  report(fmt::format("translating the test set: {} lines, beam {}", text.size(),
                     run.experiment.decoding.beam));
  const TestResult result = test_run(run, text, threads, terminal_progress());
  const Json extra = {{"decoding",
                       {{"seconds", result.seconds},
                        {"target_tokens", result.target_tokens},
                        {"beam", run.experiment.decoding.beam}}}};
  write_test(run.directory, result.evaluation, result.translations, text.target,
             result.source_lengths, extra);
  const Measures& all = result.evaluation.all;
  std::cout << fmt::format(
      "{}: BLEU {:.2f}  chrF2 {:.2f}  perplexity {:.2f}  exact match {:.1f} %  length ratio "
      "{:.3f}\n",
      run.named_model().name, all.bleu.score, all.chrf, all.forced->perplexity,
      100.0 * all.sentence_accuracy, all.length_ratio);
}

/// --model, or the only model that there is; the same for seeds.
const NamedModel& chosen_model(const CommandLine& command, const Experiment& experiment) {
  if (command.has("model")) return experiment.model(command.get<std::string>("model"));
  if (experiment.models.size() == 1) return experiment.models.front();
  std::string names;
  for (const NamedModel& model : experiment.models) names += ' ' + model.name;
  throw UsageError(
      fmt::format("--model is missing; {} has these:{}", experiment.file.string(), names));
}

}  // namespace

int train_main(int argc, char** argv) {
  using boost::program_options::value;
  std::unique_ptr<Communicator> communicator = connect_ranks();
  const bool root = communicator->root();
  CommandLine command(
      "train", "EXPERIMENT.cfg",
      "Trains one model of an experiment with one seed, then translates and scores the test set.\n"
      "All files go into a run directory: the resolved config, a manifest, train.csv and "
      "valid.csv,\n"
      "the parameters (safetensors), the translations and their scores, and at last `done`.\n"
      "A run that was stopped, by Ctrl-C or by a power cut, goes on with --resume and ends with\n"
      "the same numbers as one that never stopped.\n\n"
      "Under mpirun all processes (ranks) train one model together, each on its part of every\n"
      "batch; [training] shards must be the number of ranks, or 2, 4, 8, ... times as many, and\n"
      "workers are the threads of each rank. The numbers are those of one process with as many\n"
      "shards. SIGUSR1 to mpirun stops the run like Ctrl-C does without it.",
      "  seqlab train experiments/quick.cfg --model bahdanau --output results/demo\n"
      "  seqlab train experiments/quick.cfg --model bahdanau --output results/demo --resume\n"
      "  seqlab train experiments/bottleneck.cfg --model lstm --seed 2 --output results/lstm-2 \\\n"
      "      --set training.max_minutes=5 --set model.lstm.dropout=0.3\n"
      "  seqlab train results/demo/config.cfg --output results/again     # repeats a run\n"
      "  mpirun -np 4 seqlab train experiments/bottleneck.cfg --model transformer \\\n"
      "      --output results/four --set training.shards=4 --set training.workers=1");
  command.add()("model", value<std::string>()->value_name("NAME"),
                "which model of the experiment (may be left out if there is one only)");
  command.add()("seed", value<Index>()->value_name("K"),
                "of initial values, order of the data and dropout (default: the first seed)");
  command.add()("output", value<std::string>()->value_name("RUN"), "the run directory to make");
  command.add()("resume", "go on with a run that was stopped, or begin it");
  command.add()("no-test", "leave the test set alone");
  command.add_overrides();
  if (!command.parse(argc, argv)) return 0;

  const Report report_of_root = root ? Report(report) : [](const std::string&) {};
  RunRequest request;
  request.communicator = communicator.get();
  request.directory = command.required("output");
  request.resume = command.has("resume");
  Experiment experiment = load_experiment(command.argument(), command.overrides());
  match_widths(experiment);
  request.experiment = &experiment;
  request.model = &chosen_model(command, experiment);
  const Index seed =
      command.has("seed") ? command.get<Index>("seed") : experiment.experiment.seeds.front();
  if (seed < 0 || seed > kNoLimit) {
    throw UsageError(fmt::format("--seed {}; expected 0 to {}", seed, kNoLimit));
  }
  request.seed = static_cast<std::uint64_t>(seed);
  const bool test_wanted = !command.has("no-test");
  if (test_wanted && !has_split(experiment.data, Split::test)) {
    throw UsageError(fmt::format("{} has no test text; name one in [data] or give --no-test",
                                 command.argument()));
  }
  shards_of_each_rank(request.model->training.shards, *communicator);  // before a file is made
  std::optional<RunLock> lock;
  if (root) lock.emplace(request.directory);
  const RunDirectory directory(request.directory);
  const bool done = root && request.resume && directory.done();
  if (done) directory.prepare(write_experiment(experiment, *request.model, request.seed), true);
  if (communicator->any(done)) {
    report_of_root(fmt::format("{} is finished already", request.directory.string()));
    return 0;
  }
  const TrainingResult result = train_run(request, report_of_root);
  communicator.reset();
  if (!root) return 0;
  if (result.interrupted()) {
    throw RuntimeFailure(
        fmt::format("interrupted after update {}; go on with --resume", result.updates));
  }
  if (test_wanted) test(request.directory);
  return 0;
}

}  // namespace seqlab
