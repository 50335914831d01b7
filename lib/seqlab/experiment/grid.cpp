#include "seqlab/experiment/grid.hpp"

#include "seqlab/error.hpp"
#include "seqlab/experiment/run.hpp"

namespace seqlab {

namespace {

GridRun model_run(const Experiment& experiment, const NamedModel& model, std::uint64_t seed) {
  GridRun run;
  run.name = fmt::format("{}-seed{}", model.name, seed);
  run.part = experiment.part;
  run.model = model.name;
  run.config = write_experiment(experiment, model, seed);
  run.limits = model.training.limits;
  run.threads = thread_count(model.training.workers);
  return run;
}

GridRun baseline_run(const Experiment& experiment, const std::string& kind) {
  GridRun run;
  run.name = run.model = run.baseline = kind;
  run.part = experiment.part;
  // The settings of a model play no part in it.
  run.config = write_experiment(experiment, experiment.models.front(), /*seed=*/0);
  return run;
}

void check_names(const std::vector<GridRun>& runs, const std::vector<std::string>& wanted) {
  std::vector<std::string> known;
  for (const GridRun& run : runs) {
    if (std::find(known.begin(), known.end(), run.model) == known.end()) known.push_back(run.model);
  }
  for (const std::string& name : wanted) {
    if (std::find(known.begin(), known.end(), name) != known.end()) continue;
    throw UsageError(unknown_name_message("model", name, known));
  }
}

}  // namespace

std::vector<std::string> GridRun::command(const std::string& program) const {
  std::vector<std::string> words = {program,
                                    baseline.empty() ? "train" : "baseline",
                                    (directory / "config.cfg").string(),
                                    "--resume",
                                    "--output",
                                    directory.string()};
  if (!baseline.empty()) words.insert(words.end(), {"--kind", baseline});
  return words;
}

std::vector<GridRun> make_grid(const std::vector<Experiment>& experiments,
                               const std::filesystem::path& directory, const GridChoice& choice) {
  const auto all_seeds = [&](const Experiment& experiment) {
    return choice.seeds.empty() ? experiment.experiment.seeds : choice.seeds;
  };
  std::vector<GridRun> all;
  for (std::size_t i = 0; i < all_seeds(experiments.front()).size(); ++i) {
    for (const Experiment& experiment : experiments) {
      const auto seed = static_cast<std::uint64_t>(all_seeds(experiment)[i]);
      for (const NamedModel& model : experiment.models) {
        all.push_back(model_run(experiment, model, seed));
      }
    }
  }
  for (const Experiment& experiment : experiments) {
    for (const std::string& kind : experiment.experiment.baselines) {
      all.push_back(baseline_run(experiment, kind));
    }
  }
  check_names(all, choice.models);

  std::vector<GridRun> chosen;
  Index place = 0;
  for (GridRun& run : all) {
    const auto& names = choice.models;
    const bool wanted =
        names.empty() || std::find(names.begin(), names.end(), run.model) != names.end();
    if (!wanted || place++ % choice.parts != choice.part - 1) continue;
    run.directory = directory / run.part / "runs" / run.name;
    if (!run.part.empty()) run.name = run.part + '/' + run.name;
    chosen.push_back(std::move(run));
  }
  return chosen;
}

void prepare_grid(const std::vector<GridRun>& runs) {
  for (const GridRun& run : runs) RunDirectory(run.directory).prepare(run.config, /*resume=*/true);
}

}  // namespace seqlab
