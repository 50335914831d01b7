// seqlab run: a whole experiment, every model with every seed, each run in a process of its own.

#include <unistd.h>

#include <charconv>
#include <iostream>

#include "command_line.hpp"
#include "commands.hpp"
#include "run_pronoun.hpp"
#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/config_key.hpp"
#include "seqlab/experiment/grid_runner.hpp"
#include "seqlab/experiment/match.hpp"
#include "seqlab/experiment/run_directory.hpp"
#include "seqlab/experiment/table.hpp"
#include "seqlab/experiment/verdict.hpp"

namespace seqlab {

namespace {

Index whole_number(const std::string& text, const std::string& option) {
  Index value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value < 0 || value > kNoLimit) {
    throw UsageError(fmt::format("{}: '{}' is not a whole number of 0 to {}", option, text,
                                 kNoLimit));
  }
  return value;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == separator) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

GridChoice read_choice(const CommandLine& command) {
  GridChoice choice;
  if (command.has("only")) choice.models = split(command.get<std::string>("only"), ',');
  if (command.has("seeds")) {
    for (const std::string& seed : split(command.get<std::string>("seeds"), ',')) {
      choice.seeds.push_back(whole_number(seed, "--seeds"));
    }
  }
  if (command.has("shard")) {
    const std::vector<std::string> parts = split(command.get<std::string>("shard"), '/');
    if (parts.size() == 2) {
      choice.part = whole_number(parts[0], "--shard");
      choice.parts = whole_number(parts[1], "--shard");
    }
    if (parts.size() != 2 || choice.part < 1 || choice.part > choice.parts) {
      throw UsageError("--shard: expected i/n with 1 <= i <= n, for example 2/8");
    }
  }
  return choice;
}

/// --output, or results/NAME; the experiment's own folder if the file is the one that lies there.
std::filesystem::path output_folder(const CommandLine& command) {
  if (command.has("output")) return command.get<std::string>("output");
  const std::filesystem::path file = command.argument();
  if (file.filename() == kExperimentFile) {
    return std::filesystem::absolute(file).parent_path();
  }
  return std::filesystem::path("results") / file.stem();
}

/// For experiments that are run as a whole.
void refuse_choices(const CommandLine& command) {
  for (const char* option : {"only", "seeds", "jobs", "shard"}) {
    if (!command.has(option)) continue;
    throw UsageError(fmt::format(
        "--{}: an experiment with task = pronoun runs as a whole, within a minute; choose with "
        "--set experiment.models=... and --set experiment.seeds=...", option));
  }
}

/// As many as there are processors for, by the run with the most threads.
Index default_jobs(const std::vector<GridRun>& runs) {
  Index threads = 1;
  for (const GridRun& run : runs) threads = std::max(threads, run.threads);
  return std::max<Index>(1, available_processors() / threads);
}

/// Parts of a job array may do this at the same time, all of them with the same text.
void write_experiment_file(const std::filesystem::path& folder, const std::string& text) {
  const RunLock lock(folder);
  const std::filesystem::path file = folder / kExperimentFile;
  if (!std::filesystem::exists(file) || read_file(file) != text) write_file_atomically(file, text);
}

/// How well the models' sizes are matched.
void show_budget(const Experiment& experiment, const TrainingSamples& samples) {
  const auto matched = [](const NamedModel& model) {
    return model.budget.match == BudgetOptions::Match::parameters ||
           model.budget.match == BudgetOptions::Match::flops;
  };
  if (std::any_of(experiment.models.begin(), experiment.models.end(), matched)) {
    std::cerr << size_report(experiment, samples);
  }
}

void show_results(const Experiment& experiment, const std::filesystem::path& folder) {
  const std::filesystem::path own = folder / experiment.part;
  if (!has_results(own)) return;  // they are another shard's
  if (!experiment.part.empty()) std::cout << "# " << experiment.part << "\n\n";
  const std::vector<ModelResults> models = load_results(own);
  std::cout << make_table(models, TableFormat::markdown, {TablePart::quality, TablePart::cost},
                          experiment.experiment.baseline);
  write_tables(models, own, experiment.experiment.baseline);
  if (!experiment.expectations.empty()) {
    std::cout << '\n' << verdict_report(judge(experiment.expectations, models));
  }
}

int report(const GridOutcome& outcome, std::size_t runs) {
  if (outcome.stopped) {
    throw RuntimeFailure(fmt::format("stopped; {} of {} runs are done, the same command goes on",
                                     outcome.finished, runs));
  }
  if (outcome.failed.empty()) return 0;
  std::cerr << fmt::format("{} of {} runs failed; the same command tries them again:\n",
                           outcome.failed.size(), runs);
  for (const FailedRun& failed : outcome.failed) {
    std::cerr << fmt::format("  {}: {}\n    log: {}\n", failed.name, failed.message,
                             failed.log.string());
  }
  return 1;
}

}  // namespace

int run_main(int argc, char** argv) {
  using boost::program_options::value;
  CommandLine command(
      "run", "EXPERIMENT.cfg",
      "Runs an experiment: trains and tests every model with every seed, and makes the baselines.\n"
      "Each run is a process and has a folder in DIR/runs, its log beside it. What is finished is\n"
      "skipped, and what was stopped, by Ctrl-C, a kill or a power cut, goes on where it was: "
      "give\n"
      "the same command again. A run that fails does not stop the others. At the end come\n"
      "the tables, also as files (table.md, .tex, .csv; table-cost.*), and the verdicts on what\n"
      "was expected.",
      "  seqlab run experiments/quick.cfg\n"
      "  seqlab run experiments/bottleneck.cfg --only lstm,bahdanau --seeds 1 --jobs 2\n"
      "  seqlab run experiments/bottleneck.cfg --set training.max_tokens=100000 --output "
      "results/t\n"
      "  seqlab run experiments/bottleneck.cfg --shard 3/18       # one task of a job array");
  command.add()("only", value<std::string>()->value_name("MODEL,..."),
                "these models and baselines (default: all)");
  command.add()("seeds", value<std::string>()->value_name("K,..."),
                "these seeds (default: those of the experiment)");
  command.add()("output", value<std::string>()->value_name("DIR"),
                "the experiment's folder (default: results/ and the file's name)");
  command.add()("jobs", value<Index>()->value_name("N"),
                "processes at a time (default: processors / workers of a run)");
  command.add()("shard", value<std::string>()->value_name("i/n"),
                "every n-th run, from the i-th on; for job arrays");
  command.add_overrides();
  if (!command.parse(argc, argv)) return 0;

  if (const std::optional<PronounExperiment> pronouns =
          load_pronoun_experiment(command.argument(), command.overrides())) {
    refuse_choices(command);
    run_pronoun(*pronouns, output_folder(command));
    return 0;
  }
  std::vector<Experiment> experiments = load_experiments(command.argument(), command.overrides());
  const TrainingSamples samples;
  for (Experiment& experiment : experiments) match_widths(experiment, samples);
  const std::filesystem::path folder = output_folder(command);
  std::vector<GridRun> runs = make_grid(experiments, folder, read_choice(command));
  const Index jobs = command.has("jobs") ? command.get<Index>("jobs") : default_jobs(runs);
  if (jobs < 1) throw UsageError(fmt::format("--jobs {}: expected 1 or more", jobs));
  prepare_grid(runs);
  for (const Experiment& experiment : experiments) {
    write_experiment_file(folder / experiment.part, experiment.text);
    show_budget(experiment, samples);
  }

  const std::size_t count = runs.size();
  GridRunner runner(std::move(runs), own_program(), jobs, std::cerr, isatty(STDERR_FILENO) == 1);
  const GridOutcome outcome = runner.run();
  if (outcome.finished > 0 && !outcome.stopped) {
    for (const Experiment& experiment : experiments) show_results(experiment, folder);
  }
  return report(outcome, count);
}

}  // namespace seqlab
