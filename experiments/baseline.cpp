// seqlab baseline: translations without a trained model, as run directories.

#include <iostream>

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/error.hpp"
#include "seqlab/evaluation/baselines.hpp"
#include "seqlab/experiment/data_sets.hpp"
#include "seqlab/experiment/match.hpp"
#include "seqlab/experiment/run.hpp"
#include "seqlab/experiment/shipped.hpp"

namespace seqlab {

namespace {

std::vector<std::string> translate(const std::string& kind, const ParallelText& train,
                                   const ParallelText& test) {
  if (kind == "eliza") return eliza_baseline(Eliza(read_script(find_eliza_script())), test.source);
  if (kind == "retrieval") return retrieval_baseline(train.source, train.target, test.source);
  return word_gloss_baseline(train.source, train.target, test.source);
}

/// Lengths as the models of the experiment see them, so that the buckets are theirs.
std::vector<Index> source_lengths(const DataOptions& data, const ParallelText& train,
                                  const ParallelText& test) {
  const TokenizerPair tokenizers = TokenizerPair::train(data.tokenizer, train.source, train.target);
  std::vector<Index> lengths;
  for (const std::string& line : test.source) {
    lengths.push_back(static_cast<Index>(tokenizers.source->encode(line).size()));
  }
  return lengths;
}

}  // namespace

int baseline_main(int argc, char** argv) {
  using boost::program_options::value;
  CommandLine command(
      "baseline", "EXPERIMENT.cfg",
      "Translates the test set without a trained network, as a floor for the table: a model below\n"
      "it has shown nothing. `retrieval` copies the translation of the most similar training\n"
      "sentence; `gloss` translates word by word with IBM Model 1; `eliza` answers each sentence\n"
      "by a script of 1966's kind, with no parameters and no memory (see 'seqlab eliza').",
      "  seqlab baseline experiments/bottleneck.cfg --kind retrieval \\\n"
      "      --output results/bottleneck/runs/retrieval\n"
      "  seqlab baseline experiments/bottleneck.cfg --kind gloss --output "
      "results/bottleneck/runs/gloss");
  command.add()("kind", value<std::string>()->value_name("KIND"), "retrieval | gloss | eliza");
  command.add()("output", value<std::string>()->value_name("RUN"), "the run directory to make");
  command.add()("resume", "do nothing if the run is finished; else begin it again");
  command.add_overrides();
  if (!command.parse(argc, argv)) return 0;
  const std::string kind = command.required("kind");
  const std::vector<std::string>& kinds = baseline_kinds();
  if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end()) {
    throw UsageError(unknown_name_message("--kind", kind, kinds));
  }
  const RunDirectory run(command.required("output"));
  Experiment experiment = load_experiment(command.argument(), command.overrides());
  match_widths(experiment);
  const RunLock lock(run.path());
  const std::string config = write_experiment(experiment, experiment.models.front(), /*seed=*/0);
  if (command.has("resume") && run.done()) {
    run.prepare(config, /*resume=*/true);  // refuses other settings
    const Json made = run.read_json("manifest.json");
    if (made.value("baseline", std::string()) != kind) {
      throw UsageError(fmt::format("{} is finished and not of kind {}; give another --output",
                                   run.path().string(), kind));
    }
    std::cerr << fmt::format("{} is finished already\n", run.path().string());
    return 0;
  }
  if (experiment.data.language_model()) {
    throw UsageError("a baseline translates, and plain text (task = language_model) has no source");
  }
  const ParallelText train = load_text(experiment.data, Split::train);
  const ParallelText test = load_text(experiment.data, Split::test);
  run.prepare(config, command.has("resume"));
  Json manifest;
  manifest["experiment"] = experiment.experiment.name;
  manifest["model"] = kind;
  manifest["baseline"] = kind;
  manifest["data"] = {{"task", experiment.data.task},
                      {"train", {{"pairs", train.size()}, {"checksum", text_checksum(train)}}},
                      {"test", {{"pairs", test.size()}, {"checksum", text_checksum(test)}}}};
  if (kind == "eliza") manifest["parameters"]["all"] = 0;  // the others keep the training set
  manifest["machine"] = machine_manifest();
  run.write_json("manifest.json", manifest);

  const std::vector<std::string> translations = translate(kind, train, test);
  const std::vector<Index> lengths = source_lengths(experiment.data, train, test);
  const Evaluation evaluation = evaluate(translations, test.target, lengths,
                                         make_length_buckets(experiment.evaluation.length_buckets),
                                         {}, bleu_options(experiment.evaluation));
  write_test(run, evaluation, translations, test.target, lengths, Json::object());
  std::cout << fmt::format("{}: BLEU {:.2f}  chrF2 {:.2f}\n", kind, evaluation.all.bleu.score,
                           evaluation.all.chrf);
  return 0;
}

}  // namespace seqlab
