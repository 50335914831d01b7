// seqlab plot: figures of the finished runs of an experiment, drawn by gnuplot.

#include <iostream>

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/experiment/figures.hpp"

namespace seqlab {

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
  check_figure_format(format);
  const std::filesystem::path plots = command.has("plots")
                                          ? std::filesystem::path(command.get<std::string>("plots"))
                                          : find_plots();
  const std::filesystem::path directory = command.argument();
  for (const Figure& figure :
       write_figures(load_results(directory), directory / "figures", plots, format)) {
    draw(figure);
    std::cout << figure.image.string() << '\n';
  }
  return 0;
}

}  // namespace seqlab
