// seqlab check: does an experiment show what was published?

#include <iostream>

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/experiment.hpp"
#include "seqlab/experiment/verdict.hpp"

namespace seqlab {

int check_main(int argc, char** argv) {
  CommandLine command(
      "check", "EXPERIMENT_DIR",
      "Compares the finished runs of an experiment with what its file expects of them, the lines "
      "of\n"
      "[expect], and prints a verdict for each, with the published numbers beside ours:\n\n"
      "  reproduced       the 95 % confidence interval of the difference lies above zero\n"
      "  not reproduced   it lies below zero\n"
      "  undecided        it holds zero, or runs are missing\n\n"
      "Differences are taken between runs with the same seed, the interval is that of their mean\n"
      "(Student's t). With one seed it is that of the paired bootstrap over the test sentences.\n"
      "The exit status is 1 if something was not reproduced.",
      "  seqlab check results/quick\n"
      "  seqlab check results/synthetic        # all parts of the experiment");
  if (!command.parse(argc, argv)) return 0;
  const std::filesystem::path directory = command.argument();
  const std::vector<std::filesystem::path> folders = experiment_folders(directory);
  bool all_well = true;
  bool any = false;
  for (const std::filesystem::path& folder : folders) {
    const std::vector<Expectation> expectations = declared_expectations(folder);
    if (expectations.empty()) continue;
    const std::vector<Verdict> verdicts = judge(expectations, load_results(folder));
    if (any) std::cout << '\n';
    any = true;
    if (folder != directory) std::cout << folder.filename().string() << "\n\n";
    std::cout << verdict_report(verdicts);
    for (const Verdict& verdict : verdicts) {
      all_well = all_well && verdict.outcome != Verdict::Outcome::not_reproduced;
    }
  }
  if (!any) {
    throw UsageError(
        fmt::format("{} expects nothing; write lines 'name = bleu(a) > bleu(b)' into "
                    "its section [expect]",
                    (folders.front() / kExperimentFile).string()));
  }
  return all_well ? 0 : 1;
}

}  // namespace seqlab
