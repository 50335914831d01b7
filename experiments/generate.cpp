// seqlab generate: text from a trained language model.

#include <iostream>

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/decoding/sampling.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/run_directory.hpp"
#include "seqlab/models/language_model.hpp"

namespace seqlab {

namespace {

/// Line ends in the prompt are ends of lines to the model.
Sentence encode(const Tokenizer& tokenizer, const std::string& prompt) {
  Sentence tokens;
  for (std::size_t begin = 0; begin <= prompt.size();) {
    const std::size_t end = std::min(prompt.find('\n', begin), prompt.size());
    if (begin > 0) tokens.push_back(kEos);
    const Sentence line = tokenizer.encode(prompt.substr(begin, end - begin));
    tokens.insert(tokens.end(), line.begin(), line.end());
    begin = end + 1;
  }
  return tokens;
}

std::string decode(const Tokenizer& tokenizer, const Sentence& text) {
  std::string lines;
  for (auto begin = text.begin();;) {
    const auto end = std::find(begin, text.end(), kEos);
    lines += tokenizer.decode(Sentence(begin, end));
    if (end == text.end()) return lines;
    lines += '\n';
    begin = end + 1;
  }
}

/// Positions that the model can read: those of training, or those that it has codes for.
Index context_of(const LoadedRun& run) {
  const DataOptions& data = run.experiment.data;
  const ModelOptions& model = run.named_model().options;
  const bool learned = model.decoder == DecoderKind::transformer &&
                       model.transformer.positions == TransformerOptions::Positions::learned;
  const Index trained = data.packing.packed ? data.packing.block + 1 : Index{4096};
  return std::max<Index>(4, learned ? std::min(trained, model.transformer.max_length) : trained);
}

const LanguageModel& language_model_of(const LoadedRun& run) {
  const auto* model = dynamic_cast<const LanguageModel*>(run.model.get());
  if (model != nullptr && run.experiment.data.language_model()) return *model;
  throw UsageError(fmt::format(
      "{} is no language model of plain text (task = language_model); for task = {} use 'seqlab "
      "translate'",
      run.directory.path().string(), run.experiment.data.task));
}

}  // namespace

int generate_main(int argc, char** argv) {
  using boost::program_options::value;
  CommandLine command(
      "generate", "RUN",
      "Continues a text with a trained language model (a run of an experiment with task =\n"
      "language_model). Each token is drawn from the model's distribution; a temperature below 1\n"
      "sharpens it, one above flattens it, 0 takes the most probable token. --top-k and --top-p "
      "cut\n"
      "off what is improbable. The same seed gives the same text.",
      "  seqlab generate RUN --prompt \"In the beginning\"\n"
      "  seqlab generate RUN --prompt \"And he said\" --temperature 0.7 --top-p 0.9 --samples 3\n"
      "  seqlab generate RUN --temperature 0 --tokens 50");
  command.add()("prompt", value<std::string>()->value_name("TEXT")->default_value(""),
                "what the text begins with");
  command.add()("tokens", value<Index>()->value_name("N")->default_value(100), "most new tokens");
  command.add()("temperature", value<double>()->value_name("T")->default_value(1.0, "1"),
                "0: the most probable token");
  command.add()("top-k", value<Index>()->value_name("K")->default_value(0),
                "only the K most probable tokens; 0: all");
  command.add()("top-p", value<double>()->value_name("P")->default_value(1.0, "1"),
                "only the fewest tokens that hold this share of the probability");
  command.add()("seed", value<std::uint64_t>()->value_name("N")->default_value(1),
                "of the draws; sample i has seed + i");
  command.add()("samples", value<Index>()->value_name("N")->default_value(1), "texts");
  command.add()("no-cache", "read the whole text again for each token: slower, the same text");
  if (!command.parse(argc, argv)) return 0;

  SamplingOptions options;
  options.temperature = command.get<double>("temperature");
  options.top_k = command.get<Index>("top-k");
  options.top_p = command.get<double>("top-p");
  options.tokens = command.get<Index>("tokens");
  options.seed = command.get<std::uint64_t>("seed");
  validate(options);
  const Index samples = command.get<Index>("samples");
  if (samples < 1) throw UsageError(fmt::format("--samples {}; expected 1 or more", samples));
  const LoadedRun run = load_run(command.argument());
  const LanguageModel& model = language_model_of(run);
  options.one_line = !run.experiment.data.packing.packed;
  options.context = context_of(run);
  const Tokenizer& tokenizer = *run.tokenizers.target;
  const Sentence prompt = encode(tokenizer, command.get<std::string>("prompt"));
  for (Index i = 0; i < samples; ++i) {
    const Sentence text =
        command.has("no-cache")
            ? generate_uncached([&](const Sentence& window) { return model.next_logits(window); },
                                prompt, options)
            : generate(model, prompt, options);
    if (i > 0) std::cout << '\n';
    std::cout << decode(tokenizer, text) << std::endl;
    ++options.seed;
  }
  return 0;
}

}  // namespace seqlab
