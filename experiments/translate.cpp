// seqlab translate: standard input to standard output, line by line.

#include <iostream>

#include "command_line.hpp"
#include "commands.hpp"
#include "line_reader.hpp"
#include "seqlab/data/text_file.hpp"
#include "seqlab/decoding/translate.hpp"
#include "seqlab/error.hpp"
#include "seqlab/evaluation/heatmap.hpp"
#include "seqlab/experiment/config_keys.hpp"
#include "seqlab/experiment/run_directory.hpp"

namespace seqlab {

namespace {

class LineTranslator {
 public:
  LineTranslator(const LoadedRun& run, const DecodingOptions& options, Index threads, bool nbest)
      : run_(run), translator_(*run.model, options, threads), nbest_(nbest) {}

  /// Prints the translations and flushes them.
  void translate(const std::vector<std::string>& lines) {
    std::vector<Sentence> sources;
    for (const std::string& line : lines) sources.push_back(run_.tokenizers.source->encode(line));
    const std::vector<std::vector<Hypothesis>> results = translator_.translate(sources);
    for (std::size_t i = 0; i < results.size(); ++i, ++number_) {
      print(results[i]);
      note_attention(sources[i], results[i].front());
    }
    finish_output();
  }

  /// The table of what all best translations attended to, if that was kept.
  const std::string& attention() const { return attention_; }

 private:
  void print(const std::vector<Hypothesis>& hypotheses) const {
    for (const Hypothesis& hypothesis : hypotheses) {
      const std::string text = run_.tokenizers.target->decode(hypothesis.tokens);
      if (!nbest_) {
        std::cout << text << '\n';
        return;
      }
      std::cout << fmt::format("{} ||| {} ||| {:.6f}\n", number_, text, hypothesis.score);
    }
  }

  void note_attention(const Sentence& source, const Hypothesis& hypothesis) {
    const auto token = [](const Tokenizer& tokenizer, const Sentence& sentence, std::size_t i) {
      return table_token(tokenizer.token(i < sentence.size() ? sentence[i] : kEos));
    };
    for (std::size_t t = 0; t < hypothesis.attention.size(); ++t) {
      for (std::size_t s = 0; s < hypothesis.attention[t].size(); ++s) {
        attention_ +=
            fmt::format("{}\t{}\t{}\t{}\t{}\t{:.6f}\n", number_, t,
                        token(*run_.tokenizers.target, hypothesis.tokens, t), s,
                        token(*run_.tokenizers.source, source, s), hypothesis.attention[t][s]);
      }
    }
  }

  const LoadedRun& run_;
  Translator translator_;
  bool nbest_;
  std::size_t number_ = 0;  // of the sentence, from 0
  std::string attention_ = "sentence\ttarget_position\ttarget\tsource_position\tsource\tweight\n";
};

/// Options of the command line over those of the run; the values are those of experiment files.
DecodingOptions decoding_options(const CommandLine& command, DecodingOptions options) {
  const std::pair<const char*, const char*> names[] = {{"beam", "beam"},
                                                       {"length-penalty", "length_penalty"},
                                                       {"alpha", "alpha"},
                                                       {"batch", "batch_sentences"}};
  for (const auto& [option, key] : names) {
    if (!command.has(option)) continue;
    const std::string where = fmt::format("--{}", option);
    apply_setting(decoding_keys(), {"decoding", key, command.get<std::string>(option), where},
                  options);
  }
  if (command.has("nbest")) options.nbest = command.get<Index>("nbest");
  options.attention = command.has("attention");
  options.scores = command.has("nbest");
  return options;
}

}  // namespace

int translate_main(int argc, char** argv) {
  using boost::program_options::value;
  CommandLine command(
      "translate", "RUN",
      "Translates lines of text with the model of a run: one line out for each line in, an empty\n"
      "line for an empty one. Lines typed on a terminal are answered at once.",
      "  echo \"Y dijo Dios: Sea la luz: y fué la luz.\" | seqlab translate RUN\n"
      "  seqlab translate RUN --input news.es.gz --beam 8 > news.en\n"
      "  seqlab translate RUN --nbest 5 < news.es      # lines: number ||| text ||| score\n"
      "  seqlab translate RUN --attention weights.tsv < news.es");
  command.add()("input", value<std::string>()->value_name("FILE"),
                "read this file (plain, gzip, xz or zstd) instead of standard input");
  command.add()("beam", value<std::string>()->value_name("N"),
                "hypotheses kept at each step; 1 is greedy (default: the run's setting)");
  command.add()("nbest", value<Index>()->value_name("N"),
                "print the N best of each line (at most as many as --beam)");
  command.add()("length-penalty", value<std::string>()->value_name("KIND"),
                "none | average | gnmt (default: the run's setting)");
  command.add()("alpha", value<std::string>()->value_name("X"),
                "strength of the gnmt length penalty (default: the run's setting)");
  command.add()("attention", value<std::string>()->value_name("FILE"),
                "write the weights of the best translations at the source (of a Transformer, the\n"
                "mean over the last layer's heads) as a TSV table");
  command.add()("batch", value<std::string>()->value_name("N"),
                "sentences decoded together; changes the speed only");
  command.add()("threads", value<Index>()->value_name("N")->default_value(available_processors()),
                "threads");
  if (!command.parse(argc, argv)) return 0;

  const LoadedRun run = load_run(command.argument());
  if (run.experiment.data.language_model()) {
    throw UsageError(fmt::format("{} is a language model of plain text; use 'seqlab generate'",
                                 command.argument()));
  }
  const DecodingOptions options = decoding_options(command, run.experiment.decoding);
  const ModelOptions& model = run.named_model().options;
  if (options.attention && !model.attends_to_source()) {
    throw UsageError(fmt::format("--attention: the model {} has no attention to the source",
                                 run.named_model().name));
  }
  LineTranslator translator(run, options, command.get<Index>("threads"), command.has("nbest"));

  constexpr std::size_t kMostLines = 1024;
  if (command.has("input")) {
    const std::vector<std::string> lines = read_lines(command.get<std::string>("input"));
    for (std::size_t begin = 0; begin < lines.size(); begin += kMostLines) {
      const std::size_t end = std::min(lines.size(), begin + kMostLines);
      translator.translate({lines.begin() + static_cast<std::ptrdiff_t>(begin),
                            lines.begin() + static_cast<std::ptrdiff_t>(end)});
    }
  } else {
    LineReader reader;
    for (std::vector<std::string> lines = reader.next(kMostLines); !lines.empty();
         lines = reader.next(kMostLines)) {
      translator.translate(lines);
    }
  }
  if (options.attention) {
    write_file_atomically(command.get<std::string>("attention"), translator.attention());
  }
  return 0;
}

}  // namespace seqlab
