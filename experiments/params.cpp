// seqlab params: how large an experiment's models are, and where they have their parameters.

#include <iostream>

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/experiment/match.hpp"

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
      "Prints the size of each model: its numbers of parameters by job (embeddings, body, and\n"
      "output layer, as far as it shares no embedding) and by module, the operations that a "
      "target\n"
      "token takes in training, and how far it is from the budget that models are matched to. The\n"
      "tokenizers are trained to know the sizes of the vocabularies.",
      "  seqlab params experiments/bottleneck.cfg\n"
      "  seqlab params experiments/bottleneck.cfg --brief --set model.budget=5000000");
  command.add()("brief", "only a line for each model");
  command.add_overrides();
  if (!command.parse(argc, argv)) return 0;

  std::vector<Experiment> experiments = load_experiments(command.argument(), command.overrides());
  const TrainingSamples samples;
  for (Experiment& experiment : experiments) {
    match_widths(experiment, samples);
    if (!experiment.part.empty()) std::cout << experiment.part << ":\n";
    std::cout << size_report(experiment, samples);
    if (command.has("brief")) continue;
    for (const NamedModel& named : experiment.models) {
      const TrainingSample& sample = samples.of(named.data);
      std::cout << '\n' << named.name << '\n';
      print_modules(make_model(named.options, sample.sizes, /*seed=*/1)->parameters());
    }
  }
  return 0;
}

}  // namespace seqlab
