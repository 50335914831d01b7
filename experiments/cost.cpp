// seqlab cost: what the kinds of attention cost, by formula and as measured.

#include <iostream>

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/cost.hpp"
#include "seqlab/experiment/experiment.hpp"
#include "seqlab/experiment/match.hpp"

namespace seqlab {

namespace {

bool decoder_only(const ModelOptions& options) {
  return options.encoder == EncoderKind::none && options.decoder == DecoderKind::transformer;
}

void print_model(const NamedModel& model, Index vocabulary, Index positions) {
  std::cout << fmt::format(
      "{}: {} layers of width {}, {} heads of {}; a token that sees {} positions\n\n", model.name,
      model.options.decoder_layers, model.options.width, model.options.transformer.heads,
      model.options.head_width(), positions);
  std::cout << fmt::format("{:<10}{:>12}{:>12}{:>12}{:>14}{:>14}{:>12}{:>12}{:>12}\n", "",
                           "parameters", "", "active", "FLOPs/token", "", "cache/token", "bytes",
                           "bytes");
  std::cout << fmt::format("{:<10}{:>12}{:>12}{:>12}{:>14}{:>14}{:>12}{:>12}{:>12}\n", "attention",
                           "formula", "counted", "formula", "formula", "measured", "numbers",
                           "formula", "measured");
  for (const NamedAttention& kind : attention_kinds(model.options)) {
    const ModelCost formula = cost_by_formula(kind.options, vocabulary, positions);
    const MeasuredCost measured = measure_cost(kind.options, vocabulary, positions);
    std::cout << fmt::format("{:<10}{:>12}{:>12}{:>12}{:>14}{:>14}{:>12}{:>12}{:>12}\n", kind.name,
                             formula.parameters, measured.parameters, formula.active_parameters,
                             formula.flops, measured.flops, formula.cache_numbers,
                             formula.cache_numbers * static_cast<Index>(sizeof(Real)),
                             measured.cache_bytes);
  }
  std::cout << '\n';
}

void print_deepseek() {
  const ModelOptions published = deepseek_v2();
  const ModelCost whole = [&] {
    ModelOptions options = published;
    options.transformer.attention = TransformerOptions::Attention::latent;
    options.transformer.kv_heads = 0;
    return cost_by_formula(options, kDeepseekVocabulary, /*positions=*/1);
  }();
  std::cout << fmt::format(
      "DeepSeek-V2 as published: {} layers of width {}, {} heads of {}, latents of {}; by formula "
      "{:.0f} thousand million\nparameters, of which a token passes {:.0f}\n\n",
      published.decoder_layers, published.width, published.transformer.heads,
      published.head_width(), published.transformer.latent, whole.parameters / 1e9,
      whole.active_parameters / 1e9);
  std::cout << fmt::format("{:<10}{:>14}{:>16}{:>16}{:>16}{:>12}\n", "", "cache/token", "bytes",
                           "bytes", "bytes", "MHA is");
  std::cout << fmt::format("{:<10}{:>14}{:>16}{:>16}{:>16}{:>12}\n", "attention", "numbers",
                           "formula", "measured", "in bfloat16", "larger by");
  Index first = 0;
  for (const NamedAttention& kind : attention_kinds(published)) {
    const Index numbers = cost_by_formula(kind.options, kDeepseekVocabulary, 1).cache_numbers;
    if (first == 0) first = numbers;
    std::cout << fmt::format("{:<10}{:>14}{:>16}{:>16}{:>16}{:>12.1f}\n", kind.name, numbers,
                             numbers * static_cast<Index>(sizeof(Real)),
                             measure_cache_bytes(kind.options), 2 * numbers,
                             static_cast<double>(first) / static_cast<double>(numbers));
  }
}

}  // namespace

int cost_main(int argc, char** argv) {
  using boost::program_options::value;
  CommandLine command(
      "cost", "EXPERIMENT.cfg",
      "Prints what each decoder-only model of an experiment costs with multi-head (MHA), grouped-\n"
      "query (GQA), multi-query (MQA) and multi-head latent attention (MLA): parameters, "
      "floating-\n"
      "point operations for a token and bytes of the key-value cache, by formula and as counted "
      "in\n"
      "the program; then the cache at the published size of DeepSeek-V2. Models are made with the\n"
      "vocabulary that the experiment asks for, and not trained.",
      "  seqlab cost experiments/gpt.cfg\n"
      "  seqlab cost experiments/deepseek.cfg --positions 512");
  command.add()("positions", value<Index>()->value_name("N")->default_value(128),
                "positions that the token sees, its own included");
  command.add_overrides();
  if (!command.parse(argc, argv)) return 0;
  const Index positions = command.get<Index>("positions");
  if (positions < 1) throw UsageError("--positions: expected 1 or more");
  Experiment experiment = load_experiment(command.argument(), command.overrides());
  match_widths(experiment);
  bool found = false;
  for (const NamedModel& model : experiment.models) {
    if (!decoder_only(model.options)) continue;
    found = true;
    print_model(model, experiment.data.tokenizer.vocabulary, positions);
  }
  if (!found) {
    throw UsageError(
        fmt::format("{} has no decoder-only Transformer (encoder = none, decoder = transformer)",
                    command.argument()));
  }
  print_deepseek();
  return 0;
}

}  // namespace seqlab
