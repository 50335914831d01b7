// seqlab evaluate: all measures of a trained model on its test set or another text.

#include <iostream>

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/data_sets.hpp"
#include "seqlab/experiment/run.hpp"
#include "seqlab/experiment/text_run.hpp"

namespace seqlab {

namespace {

std::string row(const std::string& name, const Measures& m) {
  return fmt::format("{:<10}{:>10}{:>8.2f}{:>8.2f}{:>12.3f}{:>10.1f}{:>8.1f}{:>8.3f}\n", name,
                     m.sentences, m.bleu.score, m.chrf, m.forced->perplexity,
                     100.0 * m.forced->token_accuracy, 100.0 * m.sentence_accuracy, m.length_ratio);
}

void print(const Evaluation& evaluation) {
  std::cout << fmt::format("{:<10}{:>10}{:>8}{:>8}{:>12}{:>10}{:>8}{:>8}\n", "length", "sentences",
                           "BLEU", "chrF2", "perplexity", "tokens %", "exact %", "ratio");
  for (const BucketMeasures& each : evaluation.by_length) {
    const LengthBucket& bucket = each.bucket;
    std::cout << row(bucket.high == LengthBucket::kOpen
                         ? fmt::format("{}+", bucket.low)
                         : fmt::format("{}-{}", bucket.low, bucket.high),
                     each.measures);
  }
  std::cout << row("all", evaluation.all);
  std::cout << fmt::format(
      "\nBLEU|{}\nchrF2|{}\nlength: source tokens; perplexity and tokens %: "
      "teacher-forced; exact %, ratio: of the translations\n",
      evaluation.bleu_signature, evaluation.chrf_signature);
}

}  // namespace

int evaluate_main(int argc, char** argv) {
  using boost::program_options::value;
  CommandLine command(
      "evaluate", "RUN",
      "Translates a text with the model of a run and scores the result against the reference:\n"
      "BLEU, chrF, perplexity, token accuracy and exact match, over all and by source length.\n"
      "Without --source, the text is the test set of the run. No file is written.",
      "  seqlab evaluate RUN\n"
      "  seqlab evaluate RUN --source news.es --reference news.en\n"
      "  seqlab evaluate RUN --json > scores.json\n"
      "  seqlab evaluate RUN --reference other.en          # of a language model");
  command.add()("source", value<std::string>()->value_name("FILE"), "another text");
  command.add()("reference", value<std::string>()->value_name("FILE"), "its translation");
  command.add()("json", "print all digits and all measures as JSON");
  command.add()("threads", value<Index>()->value_name("N")->default_value(available_processors()),
                "threads");
  if (!command.parse(argc, argv)) return 0;
  const LoadedRun run = load_run(command.argument());
  if (run.experiment.data.language_model()) {
    if (command.has("source")) {
      throw UsageError("a language model has no source; give its text by --reference alone");
    }
    const ParallelText plain = command.has("reference")
                                   ? read_plain(command.get<std::string>("reference"))
                                   : load_text(run.experiment.data, Split::test);
    const TextTest test = test_text(run, plain, command.get<Index>("threads"));
    std::cout << (command.has("json") ? text_test_json(test).dump(2) : text_test_line(test))
              << '\n';
    return 0;
  }
  if (command.has("source") != command.has("reference")) {
    throw UsageError("--source and --reference go together");
  }
  const ParallelText text =
      command.has("source")
          ? read_parallel(command.get<std::string>("source"), command.get<std::string>("reference"))
          : load_text(run.experiment.data, Split::test);
  const TestResult result = test_run(run, text, command.get<Index>("threads"));
  if (command.has("json")) {
    std::cout << evaluation_json(result.evaluation);
  } else {
    print(result.evaluation);
  }
  return 0;
}

}  // namespace seqlab
