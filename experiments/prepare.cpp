// seqlab prepare: what training will see of the data, without training.

#include <iostream>

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/data/batches.hpp"
#include "seqlab/experiment/data_sets.hpp"

namespace seqlab {

namespace {

void print_histogram(const std::vector<Sentence>& sentences, const char* side) {
  constexpr std::size_t kBucket = 10;
  constexpr std::size_t kLast = 10;  // buckets; the last one is open
  std::vector<std::size_t> counts(kLast + 1);
  for (const Sentence& sentence : sentences) {
    const std::size_t length = std::max<std::size_t>(sentence.size(), 1);
    ++counts[std::min((length - 1) / kBucket, kLast)];
  }
  std::cout << fmt::format("  {} lengths   ", side);
  for (std::size_t i = 0; i <= kLast; ++i) {
    if (counts[i] == 0) continue;
    const std::string range = i == kLast ? fmt::format("{}+", kLast * kBucket + 1)
                                         : fmt::format("{}-{}", i * kBucket + 1, (i + 1) * kBucket);
    std::cout << fmt::format("{}: {}  ", range, counts[i]);
  }
  std::cout << '\n';
}

std::string unknown_rate(const std::vector<Sentence>& sentences) {
  std::size_t tokens = 0;
  std::size_t unknown = 0;
  for (const Sentence& sentence : sentences) {
    tokens += sentence.size();
    unknown += static_cast<std::size_t>(std::count(sentence.begin(), sentence.end(), kUnk));
  }
  return fmt::format(
      "{} tokens, {:.2f} % unknown", tokens,
      tokens == 0 ? 0.0 : 100.0 * static_cast<double>(unknown) / static_cast<double>(tokens));
}

void print_split(const char* name, bool plain, const ParallelText& text, const Corpus& corpus) {
  std::cout << fmt::format("{}: {} {}, checksum {}\n", name, text.size(),
                           plain ? "lines" : "pairs", text_checksum(text));
  if (!plain) std::cout << fmt::format("  source           {}\n", unknown_rate(corpus.source));
  std::cout << fmt::format("  target           {}\n", unknown_rate(corpus.target));
  print_histogram(plain ? corpus.target : corpus.source, plain ? "target" : "source");
}

}  // namespace

int prepare_main(int argc, char** argv) {
  CommandLine command(
      "prepare", "EXPERIMENT.cfg",
      "Reads the data of an experiment, trains its tokenizers and prints what training will see:\n"
      "pairs, tokens, what is dropped and why, unknown words and padding. Writes nothing.",
      "  seqlab prepare experiments/quick.cfg\n"
      "  seqlab prepare experiments/bottleneck.cfg --set data.vocabulary=2000");
  command.add_overrides();
  if (!command.parse(argc, argv)) return 0;

  const Experiment experiment = load_experiment(command.argument(), command.overrides());
  const DataOptions& data = experiment.data;
  const ParallelText train = load_text(data, Split::train);
  const TokenizerPair tokenizers = TokenizerPair::train(data.tokenizer, train.source, train.target);
  FilterReport report;
  const Corpus corpus = make_training_corpus(data, train, tokenizers, &report);
  std::cout << fmt::format("{}: task {}, tokenizer {}\n", experiment.experiment.name, data.task,
                           data.tokenizer.kind);
  std::cout << fmt::format(
      "vocabulary: {} source, {} target{}\n", tokenizers.source->vocabulary_size(),
      tokenizers.target->vocabulary_size(), tokenizers.joint() ? " (joint)" : "");
  print_split("train", data.language_model(), train, corpus);
  std::cout << "  kept             " << report.summary() << '\n';
  const Batches batches(corpus, experiment.models.front().training.batch, /*seed=*/1);
  std::cout << fmt::format("  batches          {} per epoch, {:.1f} % padding\n",
                           batches.per_epoch(0), 100.0 * batches.padding_share());
  for (const Split split : {Split::valid, Split::test}) {
    if (!has_split(data, split)) continue;
    const ParallelText text = load_text(data, split);
    print_split(split_name(split).c_str(), data.language_model(), text,
                make_test_corpus(data, text, tokenizers));
  }
  return 0;
}

}  // namespace seqlab
