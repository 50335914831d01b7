// seqlab table: the finished runs of an experiment side by side.

#include "seqlab/experiment/table.hpp"

#include <iostream>

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/error.hpp"

namespace seqlab {

int table_main(int argc, char** argv) {
  using boost::program_options::value;
  CommandLine command(
      "table", "EXPERIMENT_DIR",
      "Prints a table of the finished runs in EXPERIMENT_DIR/runs: a row for each model, means\n"
      "over its seeds. Only files of the run directories are read. Runs that were tested on\n"
      "different texts or with another BLEU are refused.",
      "  seqlab table results/reversal\n"
      "  seqlab table results/verses --format csv > verses.csv");
  command.add()("format", value<std::string>()->value_name("KIND")->default_value("markdown"),
                "markdown | csv");
  if (!command.parse(argc, argv)) return 0;
  const std::string format = command.get<std::string>("format");
  if (format != "markdown" && format != "csv") {
    throw UsageError(fmt::format("--format '{}'; valid: markdown, csv", format));
  }
  std::cout << make_table(load_results(command.argument()),
                          format == "csv" ? TableFormat::csv : TableFormat::markdown);
  return 0;
}

}  // namespace seqlab
