// seqlab gradflow: how much of the learning signal reaches each position of the source.

#include <algorithm>
#include <iostream>
#include <map>

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/evaluation/gradient_flow.hpp"
#include "seqlab/experiment/data_sets.hpp"
#include "seqlab/experiment/experiment.hpp"
#include "seqlab/experiment/run_directory.hpp"
#include "seqlab/models/registry.hpp"
#include "seqlab/tensor/workers.hpp"

namespace seqlab {

namespace {

/// A distance that few sentences reach says little.
constexpr std::size_t kFewest = 5;

/// The models of the experiment in this folder; none if its file is missing.
std::vector<std::string> declared_models(const std::filesystem::path& folder) {
  const std::filesystem::path file = folder / kExperimentFile;
  if (!std::filesystem::exists(file)) return {};
  return load_experiment(file).experiment.models;
}

/// The folder itself if it is a run, else the trained runs of the experiment, in its models' order.
std::vector<std::filesystem::path> find_runs(const std::filesystem::path& folder) {
  if (RunDirectory(folder).exists()) return {folder};
  std::vector<std::filesystem::path> runs;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "runs", error)) {
    if (RunDirectory(entry.path()).trained()) runs.push_back(entry.path());
  }
  std::sort(runs.begin(), runs.end());
  const std::vector<std::string> models = declared_models(folder);
  std::stable_sort(runs.begin(), runs.end(), [&](const auto& a, const auto& b) {
    const auto place = [&](const std::filesystem::path& run) {
      const std::string name = run.filename().string();
      return std::ranges::find(models, name.substr(0, name.rfind("-seed"))) - models.begin();
    };
    return place(a) < place(b);
  });
  if (runs.empty()) {
    throw RuntimeFailure(fmt::format(
        "{} is neither a run nor an experiment with trained runs (in {}); make a run with 'seqlab "
        "train EXPERIMENT.cfg --model NAME --output RUN'",
        folder.string(), (folder / "runs").string()));
  }
  return runs;
}

/// The model with nothing in its gradients but the loss at the words: no dropout, no loss that
/// keeps experts in use.
std::unique_ptr<SequenceModel> undisturbed(const LoadedRun& run, bool trained) {
  ModelOptions options = run.named_model().options;
  options.dropout = 0.0;
  options.transformer.balance = 0.0;
  auto model = make_model(
      options, {run.tokenizers.source->vocabulary_size(), run.tokenizers.target->vocabulary_size()},
      run.manifest.value("seed", std::uint64_t{1}));
  if (trained) {
    const std::span<const Real> values = std::as_const(*run.model).parameters().values();
    std::copy(values.begin(), values.end(), model->parameters().values().begin());
  }
  return model;
}

/// Sentences of similar length, since means over all lengths would mix short and long ways.
struct Range {
  Index low = 0;
  Index high = 0;
};

Range length_range(const CommandLine& command, const Corpus& corpus) {
  Index length = 0;
  if (command.has("length")) {
    length = command.get<Index>("length");
  } else {
    std::vector<std::size_t> lengths;
    for (const Sentence& source : corpus.source) lengths.push_back(source.size());
    std::sort(lengths.begin(), lengths.end());
    if (!lengths.empty()) length = static_cast<Index>(lengths[lengths.size() * 9 / 10]);
  }
  if (length < 1) throw UsageError(fmt::format("--length {}; expected 1 or more", length));
  return {length - length / 10, length + length / 10};
}

std::vector<std::size_t> sentences_in(const Corpus& corpus, Range range, std::size_t most) {
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < corpus.size() && places.size() < most; ++i) {
    const auto length = static_cast<Index>(corpus.source[i].size());
    if (range.low <= length && length <= range.high && !corpus.target[i].empty()) {
      places.push_back(i);
    }
  }
  if (places.size() < kFewest) {
    throw RuntimeFailure(
        fmt::format("{} test sentences of {} to {} source tokens: expected {} or more; choose "
                    "another --length or more --sentences",
                    places.size(), range.low, range.high, kFewest));
  }
  return places;
}

std::string rows_of(const std::string& model, const GradientFlowSums& sums) {
  std::string text;
  for (const GradientFlow& flow : sums.means(static_cast<Index>(kFewest))) {
    text +=
        fmt::format("{}\t{}\t{:.6g}\t{:.6g}\t{:.6g}\t{:.6g}\t{}\n", model, flow.distance, flow.norm,
                    flow.norm / flow.deviation, flow.norm * flow.deviation, flow.share, flow.count);
  }
  return text;
}

}  // namespace

int gradflow_main(int argc, char** argv) {
  using boost::program_options::value;
  CommandLine command(
      "gradflow", "DIR",
      "Measures how the gradient fades on its way back to the source: the norm of the gradient of\n"
      "the loss at one target word with respect to the encoder's state at each position, by the\n"
      "distance in steps (to the end of the source, and from the start of the target). DIR is a\n"
      "run or an experiment, of which all trained runs are measured; seeds count together. Test\n"
      "sentences whose length is within a tenth of --length are used.\n"
      "Prints a table (TSV): model, distance, norm (geometric mean over sentences), low, high "
      "(one\n"
      "geometric standard deviation), share (of the sentence's norms), count.",
      "  seqlab gradflow results/quick --output results/quick/figures/gradient_flow.tsv\n"
      "  seqlab gradflow RUN --length 20 --target first");
  command.add()("untrained",
                "of the models as they were before training: what the architecture does alone, "
                "where a trained model that is sure of the word has hardly any gradient");
  command.add()("length", value<Index>()->value_name("N"),
                "source tokens (default: a tenth of the test sentences are longer)");
  command.add()("target", value<std::string>()->value_name("WORD")->default_value("last"),
                "the target word whose loss flows back: last | first");
  command.add()("sentences", value<Index>()->value_name("N")->default_value(200),
                "test sentences, at most");
  command.add()("output", value<std::string>()->value_name("FILE"), "write the table to this file");
  command.add()("threads", value<Index>()->value_name("N")->default_value(available_processors()),
                "threads");
  if (!command.parse(argc, argv)) return 0;
  const std::string target = command.get<std::string>("target");
  if (target != "first" && target != "last") {
    throw UsageError(fmt::format("--target '{}'; valid: last, first", target));
  }
  const TargetWord word = target == "first" ? TargetWord::first : TargetWord::last;
  const Index most = command.get<Index>("sentences");
  if (most < 1) throw UsageError(fmt::format("--sentences {}; expected 1 or more", most));

  std::map<std::string, GradientFlowSums> models;
  std::vector<std::string> order;
  for (const std::filesystem::path& path : find_runs(command.argument())) {
    const LoadedRun run = load_run(path);
    if (run.named_model().options.encoder == EncoderKind::none) continue;
    const auto model = undisturbed(run, !command.has("untrained"));
    const Corpus corpus =
        make_test_corpus(load_text(run.experiment.data, Split::test), run.tokenizers);
    const std::vector<std::size_t> places =
        sentences_in(corpus, length_range(command, corpus), static_cast<std::size_t>(most));
    std::vector<std::vector<StateGradient>> gradients(places.size());
    Workers workers(std::max<Index>(1, command.get<Index>("threads")));
    workers.run(static_cast<Index>(places.size()), [&](Index i) {
      const std::size_t place = places[static_cast<std::size_t>(i)];
      gradients[static_cast<std::size_t>(i)] =
          state_gradients(*model, corpus.source[place], corpus.target[place], word);
    });
    const std::string& name = run.named_model().name;
    if (!models.contains(name)) order.push_back(name);
    for (const std::vector<StateGradient>& each : gradients) models[name].add(each);
  }
  if (order.empty()) {
    throw UsageError(fmt::format("no model in {} has an encoder", command.argument()));
  }
  std::string table = "model\tdistance\tnorm\tlow\thigh\tshare\tcount\n";
  for (const std::string& name : order) table += rows_of(name, models[name]);
  if (command.has("output")) {
    write_file_atomically(command.get<std::string>("output"), table);
  } else {
    std::cout << table;
  }
  return 0;
}

}  // namespace seqlab
