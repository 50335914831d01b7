// seqlab params: where an experiment's models have their parameters.

#include <iostream>

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/experiment/data_sets.hpp"
#include "seqlab/experiment/manifest.hpp"
#include "seqlab/models/registry.hpp"

namespace seqlab {

namespace {

/// "encoder.layer0" of "encoder.layer0.w_ih".
std::string module_of(const std::string& name) {
  const std::size_t first = name.find('.');
  return name.substr(0, first == std::string::npos ? first : name.find('.', first + 1));
}

void print_modules(const ParameterStore& parameters) {
  std::vector<std::pair<std::string, Index>> modules;
  for (const NamedParameter& parameter : parameters.parameters()) {
    const std::string module = module_of(parameter.name);
    if (modules.empty() || modules.back().first != module) modules.emplace_back(module, 0);
    modules.back().second += parameter.place.rows * parameter.place.cols;
  }
  for (const auto& [module, count] : modules) {
    std::cout << fmt::format("  {:<28}{:>12}\n", module, count);
  }
}

}  // namespace

int params_main(int argc, char** argv) {
  CommandLine command(
      "params", "EXPERIMENT.cfg",
      "Prints the numbers of parameters of each model, by module and by job: embeddings, body,\n"
      "and output layer (what it has beyond an embedding that it shares). The tokenizers are\n"
      "trained to know the sizes of the vocabularies.",
      "  seqlab params experiments/verses.cfg\n"
      "  seqlab params experiments/verses.cfg --brief --set model.lstm.width=300");
  command.add()("brief", "only a line for each model");
  command.add_overrides();
  if (!command.parse(argc, argv)) return 0;

  const Experiment experiment = load_experiment(command.argument(), command.overrides());
  const ParallelText train = load_text(experiment.data, Split::train);
  const TokenizerPair tokenizers =
      TokenizerPair::train(experiment.data.tokenizer, train.source, train.target);
  const VocabularySizes sizes = vocabulary_sizes(experiment.data, tokenizers);
  std::cout << fmt::format("vocabulary: {} source, {} target\n", sizes.source, sizes.target);
  std::cout << fmt::format("{:<20}{:>8}{:>12}{:>12}{:>12}{:>12}\n", "model", "width", "embeddings",
                           "body", "output", "all");
  for (const NamedModel& named : experiment.models) {
    const auto model = make_model(named.options, sizes, /*seed=*/1);
    const ParameterCounts counts = count_parameters(model->parameters());
    std::cout << fmt::format("{:<20}{:>8}{:>12}{:>12}{:>12}{:>12}\n", named.name,
                             named.options.width, counts.embeddings, counts.body, counts.output,
                             counts.all());
    if (!command.has("brief")) print_modules(model->parameters());
  }
  return 0;
}

}  // namespace seqlab
