#include "run_pronoun.hpp"

#include <iostream>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/figures.hpp"
#include "seqlab/experiment/pronoun_report.hpp"
#include "seqlab/experiment/shipped.hpp"

namespace seqlab {

void run_pronoun(const PronounExperiment& experiment, const std::filesystem::path& folder) {
  const std::filesystem::path plots = find_plots(), figures = folder / "figures";
  make_folder(figures);
  const std::vector<PronounRun> runs =
      run_pronoun_experiment(experiment, [](const PronounRun& run) {
        std::cerr << fmt::format("{}, seed {}: {:.1f} % right\n", run.model, run.seed,
                                 100.0 * run.accuracy);
      });
  const std::string report =
      pronoun_report(experiment, pronoun_floors(make_pronouns(experiment.data)), runs);
  write_file_atomically(folder / "accuracy.csv", pronoun_accuracy_csv(runs));
  write_file_atomically(folder / "story.csv", pronoun_story_csv(runs));
  write_file_atomically(folder / "table.md", report);
  write_file_atomically(figures / "pronoun.tsv", pronoun_figure_tsv(experiment, runs));
  std::cout << report;
  for (const Figure& figure : find_figures(figures, plots, "svg")) {
    draw(figure);
    std::cerr << figure.image.string() << '\n';
  }
}

}  // namespace seqlab
