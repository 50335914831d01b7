// seqlab align: word alignments from attention, and how good they are.

#include <algorithm>
#include <iostream>

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/evaluation/attention_alignment.hpp"
#include "seqlab/experiment/data_sets.hpp"
#include "seqlab/experiment/run_directory.hpp"

namespace seqlab {

namespace {

/// The words that a copying or reversing model has to look at.
std::vector<GoldLinks> known_links(const std::string& task, const ParallelText& text) {
  std::vector<GoldLinks> gold;
  for (const std::string& target : text.target) {
    const auto words = static_cast<Index>(word_spans(target, WordRule::spaces).size());
    GoldLinks links;
    for (Index t = 0; t < words; ++t) {
      links.sure.push_back({task == "reverse" ? words - 1 - t : t, t});
    }
    std::sort(links.sure.begin(), links.sure.end());
    links.possible = links.sure;
    gold.push_back(links);
  }
  return gold;
}

/// Gold links from files or from the task; none if there are neither.
std::vector<GoldLinks> gold_links(const CommandLine& command, const DataOptions& data,
                                  const ParallelText& text, WordRule rule) {
  std::vector<GoldLinks> gold;
  if (command.has("possible") && !command.has("gold")) {
    throw UsageError("--possible adds to the links of --gold, which is missing");
  }
  if (command.has("gold")) {
    gold = read_gold_links(command.get<std::string>("gold"), text.size());
  } else if (!command.has("source") && (data.task == "copy" || data.task == "reverse")) {
    return known_links(data.task, text);
  }
  if (command.has("possible")) {
    add_possible_links(gold, read_gold_links(command.get<std::string>("possible"), text.size()));
  }
  for (std::size_t i = 0; i < gold.size(); ++i) {
    check_links(gold[i], static_cast<Index>(word_spans(text.source[i], rule).size()),
                static_cast<Index>(word_spans(text.target[i], rule).size()), i);
  }
  return gold;
}

const AttentionAlignment& find(const std::vector<AttentionAlignment>& alignments,
                               const CommandLine& command) {
  const auto wanted = [&](const char* option) {
    return command.has(option) ? std::to_string(command.get<Index>(option)) : std::string("mean");
  };
  // The diagonal is first; without a choice, the mean or the only map.
  if (!command.has("layer") && !command.has("head")) return alignments[1];
  std::vector<const AttentionAlignment*> of_layer;
  for (const AttentionAlignment& alignment : alignments) {
    if (alignment.layer != wanted("layer")) continue;
    if (alignment.head == wanted("head")) return alignment;
    of_layer.push_back(&alignment);
  }
  if (of_layer.size() == 1 && !command.has("head")) return *of_layer.front();
  std::string known;
  for (std::size_t i = 1; i < alignments.size(); ++i) {
    known +=
        fmt::format("{}{} {}", known.empty() ? "" : ", ", alignments[i].layer, alignments[i].head);
  }
  throw UsageError(fmt::format("there is no layer {}, head {}; there are: {}", wanted("layer"),
                               wanted("head"), known));
}

std::string write_alignment(const AttentionAlignment& alignment, bool naacl) {
  std::string text;
  for (std::size_t i = 0; i < alignment.links.size(); ++i) {
    text += naacl ? naacl_lines(alignment.links[i], i) : pharaoh_line(alignment.links[i]) + '\n';
  }
  return text;
}

void print_scores(const std::vector<AttentionAlignment>& alignments,
                  const std::vector<GoldLinks>& gold) {
  std::cout << fmt::format("{:<10}{:<6}{:>15}{:>11}{:>8}{:>8}\n", "layer", "head", "link accuracy",
                           "precision", "recall", "AER");
  for (const AttentionAlignment& alignment : alignments) {
    const AlignmentScore score = alignment.score(gold);
    std::cout << fmt::format("{:<10}{:<6}{:>15.3f}{:>11.3f}{:>8.3f}{:>8.3f}\n", alignment.layer,
                             alignment.head, score.link_accuracy(), score.precision(),
                             score.recall(), score.error_rate());
  }
}

std::string scores_tsv(const std::string& model, const std::vector<AttentionAlignment>& alignments,
                       const std::vector<GoldLinks>& gold) {
  std::string text =
      "model\tlayer\thead\tlinked_words\tlink_accuracy\tlinks\tprecision\trecall\taer\n";
  for (const AttentionAlignment& alignment : alignments) {
    const AlignmentScore score = alignment.score(gold);
    text += fmt::format("{}\t{}\t{}\t{}\t{:.6f}\t{}\t{:.6f}\t{:.6f}\t{:.6f}\n", model,
                        alignment.layer, alignment.head, score.linked_words, score.link_accuracy(),
                        score.links, score.precision(), score.recall(), score.error_rate());
  }
  return text;
}

}  // namespace

int align_main(int argc, char** argv) {
  using boost::program_options::value;
  CommandLine command(
      "align", "RUN",
      "Aligns words by the attention with which the model of a run predicts a given translation:\n"
      "each target word to the source word with the greatest weight (of tokens that are parts of\n"
      "words, the sum over the source word and the mean over the target word). Without --source,\n"
      "the text is the run's test set.\n\n"
      "Against gold links, every layer and head is scored: link accuracy (the share of target\n"
      "words with a sure link that are aligned to a word linked to them), and precision, recall\n"
      "and alignment error rate (Och and Ney 2003), which need links of all words. The row\n"
      "'diagonal' is a guess without a model. For copying and reversing the links are known.\n"
      "Without gold links, the alignment is printed.",
      "  seqlab align results/quick/runs/bahdanau-seed1\n"
      "  seqlab align RUN --source verses.test.es --target verses.test.en \\\n"
      "      --gold verses.test.align --possible verses.test.possible\n"
      "  seqlab align RUN --source test.de --target test.en --gold test.talp --words spaces \\\n"
      "      --symmetrise grow-diag-final-and --output test.align");
  command.add()("source", value<std::string>()->value_name("FILE"), "another text");
  command.add()("target", value<std::string>()->value_name("FILE"), "its translation");
  command.add()("gold", value<std::string>()->value_name("FILE"),
                "links in Pharaoh (0-1 sure, 0?1 possible) or NAACL format, source first");
  command.add()("possible", value<std::string>()->value_name("FILE"), "further possible links");
  command.add()("words", value<std::string>()->value_name("RULE")->default_value("marks"),
                "marks: punctuation marks are words; spaces: white space separates words");
  command.add()("symmetrise", value<std::string>()->value_name("METHOD")->default_value("none"),
                "with the best target word of each source word: none | intersection | union | "
                "grow-diag-final-and");
  command.add()("layer", value<Index>()->value_name("N"), "write the alignment of this layer");
  command.add()("head", value<Index>()->value_name("N"), "and of this head (default: the mean)");
  command.add()("output", value<std::string>()->value_name("FILE"), "write the alignment");
  command.add()("naacl", "write it in the NAACL format, not in Pharaoh's");
  command.add()("scores", value<std::string>()->value_name("FILE"), "write the scores (TSV)");
  command.add()("threads", value<Index>()->value_name("N")->default_value(available_processors()),
                "threads");
  if (!command.parse(argc, argv)) return 0;
  if (command.has("source") != command.has("target")) {
    throw UsageError("--source and --target go together");
  }
  if (command.has("head") && !command.has("layer")) throw UsageError("--head needs --layer");
  const WordRule rule = parse_word_rule(command.get<std::string>("words"));
  const Symmetrisation method = parse_symmetrisation(command.get<std::string>("symmetrise"));

  const LoadedRun run = load_run(command.argument());
  const ParallelText text =
      command.has("source")
          ? read_parallel(command.get<std::string>("source"), command.get<std::string>("target"))
          : load_text(run.experiment.data, Split::test);
  const std::vector<GoldLinks> gold = gold_links(command, run.experiment.data, text, rule);
  if (command.has("scores") && gold.empty()) throw UsageError("--scores needs --gold");
  const std::vector<AttentionAlignment> alignments = align_by_attention(
      *run.model, run.tokenizers, text, rule, method, command.get<Index>("threads"));
  const std::string alignment = write_alignment(find(alignments, command), command.has("naacl"));
  if (command.has("output")) {
    write_file_atomically(command.get<std::string>("output"), alignment);
  } else if (gold.empty()) {
    std::cout << alignment;
  }
  if (!gold.empty()) print_scores(alignments, gold);
  if (command.has("scores")) {
    write_file_atomically(command.get<std::string>("scores"),
                          scores_tsv(run.named_model().name, alignments, gold));
  }
  return 0;
}

}  // namespace seqlab
