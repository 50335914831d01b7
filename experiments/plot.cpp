// seqlab plot: figures of the finished runs of an experiment, drawn by gnuplot.

#include <sys/wait.h>
#include <unistd.h>

#include <iostream>

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/figures.hpp"

namespace seqlab {

namespace {

/// The drawings lie beside the build folder, or where the program is installed.
std::filesystem::path find_plots() {
  const std::filesystem::path folder =
      std::filesystem::read_symlink("/proc/self/exe").parent_path();
  for (const std::filesystem::path& candidate :
       {folder / "../plots", folder / "../share/seqlab/plots", std::filesystem::path("plots")}) {
    if (std::filesystem::exists(candidate / "common.gp")) return candidate.lexically_normal();
  }
  throw UsageError("the folder plots with the gnuplot drawings was not found; give it by --plots");
}

/// Runs gnuplot on a script. Returns false if there is no gnuplot.
bool draw(const std::filesystem::path& script) {
  const pid_t child = fork();
  if (child < 0) throw RuntimeFailure("cannot start gnuplot: fork failed");
  if (child == 0) {
    execlp("gnuplot", "gnuplot", script.c_str(), static_cast<char*>(nullptr));
    _exit(127);
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFEXITED(status) && WEXITSTATUS(status) == 127) return false;
  if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
    throw RuntimeFailure(fmt::format("gnuplot could not draw {}", script.string()));
  }
  return true;
}

}  // namespace

int plot_main(int argc, char** argv) {
  using boost::program_options::value;
  CommandLine command(
      "plot", "EXPERIMENT_DIR",
      "Draws the figures of an experiment into EXPERIMENT_DIR/figures: BLEU and exact match by\n"
      "source length, and learning curves. Beside each figure lie its numbers (TSV) and a small\n"
      "gnuplot script that draws it again.",
      "  seqlab plot results/reversal\n"
      "  seqlab plot results/verses --format pdf");
  command.add()("format", value<std::string>()->value_name("KIND")->default_value("svg"),
                "svg | png | pdf");
  command.add()("plots", value<std::string>()->value_name("DIR"),
                "folder of the drawings (default: plots/ of this project)");
  if (!command.parse(argc, argv)) return 0;
  const std::string format = command.get<std::string>("format");
  if (format != "svg" && format != "png" && format != "pdf") {
    throw UsageError(fmt::format("--format '{}'; valid: svg, png, pdf", format));
  }
  const std::filesystem::path plots = command.has("plots")
                                          ? std::filesystem::path(command.get<std::string>("plots"))
                                          : find_plots();
  const std::filesystem::path directory = command.argument();
  for (const Figure& figure :
       write_figures(load_results(directory), directory / "figures", plots, format)) {
    if (!draw(figure.script)) {
      throw RuntimeFailure(
          fmt::format("gnuplot is not installed (apt-get install gnuplot-nox); "
                      "numbers and scripts are in {}; draw with: gnuplot {}",
                      (directory / "figures").string(), figure.script.string()));
    }
    std::cout << figure.image.string() << '\n';
  }
  return 0;
}

}  // namespace seqlab
