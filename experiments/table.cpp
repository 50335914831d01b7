// seqlab table: the finished runs of an experiment side by side.

#include "seqlab/experiment/table.hpp"

#include <iostream>

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/config_parser.hpp"

namespace seqlab {

namespace {

TableFormat parse_format(const std::string& name) {
  if (name == "markdown") return TableFormat::markdown;
  if (name == "latex") return TableFormat::latex;
  if (name == "csv") return TableFormat::csv;
  throw UsageError(fmt::format("--format '{}'; valid: markdown, latex, csv", name));
}

std::vector<TablePart> parse_parts(const std::string& name) {
  if (name == "all") return {TablePart::quality, TablePart::cost};
  if (name == "quality") return {TablePart::quality};
  if (name == "cost") return {TablePart::cost};
  throw UsageError(fmt::format("--part '{}'; valid: all, quality, cost", name));
}

/// --baseline, or the one that the experiment declares.
std::string chosen_baseline(const CommandLine& command, const std::vector<ModelResults>& models) {
  if (!command.has("baseline")) return declared_baseline(command.argument());
  const std::string name = command.get<std::string>("baseline");
  std::vector<std::string> known;
  for (const ModelResults& model : models) known.push_back(model.name);
  if (std::ranges::find(known, name) == known.end()) {
    throw UsageError(unknown_name_message("--baseline", name, known));
  }
  return name;
}

}  // namespace

int table_main(int argc, char** argv) {
  using boost::program_options::value;
  CommandLine command(
      "table", "EXPERIMENT_DIR",
      "Prints tables of the finished runs in EXPERIMENT_DIR/runs: a row for each model, means and\n"
      "95 % confidence intervals over its seeds, in two parts, quality and cost. If the "
      "experiment\n"
      "has a baseline, the other models are tested against it: paired bootstrap and approximate\n"
      "randomisation, corrected for the number of models. Only files of the run directories are\n"
      "read. Runs that cannot be compared (other test text, tokenizer, search or measure) are\n"
      "refused.",
      "  seqlab table results/bottleneck\n"
      "  seqlab table results/bottleneck --baseline lstm --part quality\n"
      "  seqlab table results/bottleneck --format latex > bottleneck.tex && pdflatex bottleneck.tex");
  command.add()("format", value<std::string>()->value_name("KIND")->default_value("markdown"),
                "markdown | latex | csv");
  command.add()("part", value<std::string>()->value_name("PART")->default_value("all"),
                "all | quality | cost");
  command.add()("baseline", value<std::string>()->value_name("MODEL"),
                "whom to compare the others with (default: the experiment's baseline)");
  if (!command.parse(argc, argv)) return 0;
  const TableFormat format = parse_format(command.get<std::string>("format"));
  const std::vector<TablePart> parts = parse_parts(command.get<std::string>("part"));
  const std::vector<ModelResults> models = load_results(command.argument());
  std::cout << make_table(models, format, parts, chosen_baseline(command, models));
  finish_output();
  return 0;
}

}  // namespace seqlab
