#include "run_pronoun.hpp"

#include <iostream>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/pronoun_report.hpp"

namespace seqlab {

void run_pronoun(const PronounExperiment& experiment, const std::filesystem::path& folder) {
  make_folder(folder);
  const std::vector<PronounRun> runs =
      run_pronoun_experiment(experiment, [](const PronounRun& run) {
        std::cerr << fmt::format("{}, seed {}: {:.1f} % right\n", run.model, run.seed,
                                 100.0 * run.accuracy);
      });
  const std::string report =
      pronoun_report(experiment, pronoun_floors(make_pronouns(experiment.data)), runs);
  write_file_atomically(folder / "accuracy.csv", pronoun_accuracy_csv(runs));
  write_file_atomically(folder / "story.csv", pronoun_story_csv(experiment, runs));
  write_file_atomically(folder / "table.md", report);
  std::cout << report;
}

}  // namespace seqlab
