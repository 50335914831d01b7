// seqlab plot: figures of the finished runs of an experiment, drawn by gnuplot.

#include <iostream>

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/figure_data.hpp"
#include "seqlab/experiment/figures.hpp"
#include "seqlab/experiment/shipped.hpp"

namespace seqlab {

namespace {

/// Turns finished runs into the tables that figures are drawn from.
void write_data(const std::filesystem::path& experiment, const std::filesystem::path& folder) {
  make_folder(folder);
  for (const auto& [name, text] : figure_data(load_results(experiment))) {
    write_file_atomically(folder / (name + ".tsv"), text);
  }
}

}  // namespace

int plot_main(int argc, char** argv) {
  using boost::program_options::value;
  CommandLine command(
      "plot", "EXPERIMENT_DIR",
      "Draws the figures of an experiment: BLEU, length ratio and exact match by source length,\n"
      "learning curves, quality against cost, the capacity of one vector, gradient flow, what a\n"
      "pronoun means. The numbers of finished runs go into EXPERIMENT_DIR/figures as tables\n"
      "(TSV), and figures are drawn from such tables, there and in EXPERIMENT_DIR, so that\n"
      "published numbers can be drawn without the runs. Beside each figure lies a small gnuplot\n"
      "script that draws it again; other such scripts, as of 'seqlab attend', are drawn too.",
      "  seqlab plot results/quick\n"
      "  seqlab plot results/bottleneck --format pdf");
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
  if (std::filesystem::exists(directory / "runs")) write_data(directory, directory / "figures");
  std::size_t drawn = 0;
  for (const std::filesystem::path& folder : {directory / "figures", directory}) {
    for (const Figure& figure : find_figures(folder, plots, format)) {
      draw(figure);
      std::cout << figure.image.string() << '\n';
      ++drawn;
    }
  }
  if (drawn == 0) {
    throw RuntimeFailure(fmt::format(
        "{} has neither runs nor tables of figures (such as figures/learning.tsv); make runs with "
        "'seqlab run EXPERIMENT.cfg --output {}'",
        directory.string(), directory.string()));
  }
  finish_output();
  return 0;
}

}  // namespace seqlab
