#include "score_options.hpp"

#include <cmath>
#include <limits>

#include "seqlab/error.hpp"

namespace seqlab::score {

namespace {

namespace po = boost::program_options;

constexpr const char* kText =
    R"(Scores translations against references, sentence by sentence in the same order, and
prints the numbers that sacreBLEU gives for the same text and options. Give plain text
as a reader would see it: detokenized, sub-words joined, entities undone. Files may be
compressed (gzip, xz, zstd).

The signature that is printed with a score names the settings that made it. Only scores
with the same signature and the same references can be compared.)";

constexpr const char* kExamples =
    R"(  seqlab score --reference ref.en < translations.en
      BLEU of what stands on standard input
  seqlab score -r ref.en -i lstm.en transformer.en -m bleu chrf --chrf-word-order 2
      a table with BLEU and chrF++ of two systems
  seqlab score -r ref1.en ref2.en -i transformer.en --lowercase --json
      two references, no difference of case, all digits for a program to read
  seqlab score -r ref.en -i lstm.en bahdanau.en --paired-ar
      is the difference to the first system one of the choice of sentences?
  seqlab score -r ref.en -i lstm.en --sentence-level -w 2
      a line for every sentence, with the effective n-gram order)";

}  // namespace

CommandLine describe_command() {
  CommandLine command("score", "", kText, kExamples);
  auto add = command.add();
  add("reference,r", po::value<Lines>()->multitoken()->value_name("FILE..."),
      "reference translations; every file is one reference of all sentences");
  add("hypothesis,i", po::value<Lines>()->multitoken()->value_name("FILE..."),
      "what to score; every file is a system (standard input if absent)");
  add("metrics,m", po::value<Lines>()->multitoken()->value_name("NAME..."), "bleu (default), chrf");
  add("paired-bs", po::bool_switch(),
      "paired bootstrap test of every system against the first one");
  add("paired-bs-n", po::value<int>()->default_value(kBootstrapResamples)->value_name("N"),
      "its resamples");
  add("paired-ar", po::bool_switch(),
      "paired approximate randomisation test against the first system");
  add("paired-ar-n", po::value<int>()->default_value(kRandomisationTrials)->value_name("N"),
      "its trials");
  add("seed", po::value<std::uint32_t>()->default_value(kSignificanceSeed)->value_name("K"),
      "of the tests; the same numbers as sacreBLEU with SACREBLEU_SEED=K");
  add("sentence-level", po::bool_switch(), "score every sentence (one system, one metric)");
  add("tokenize", po::value<std::string>()->default_value("13a")->value_name("NAME"),
      "13a, intl, char, none");
  add("lowercase", po::bool_switch(), "BLEU without difference of case");
  add("smooth-method,s", po::value<std::string>()->default_value("exp")->value_name("NAME"),
      "exp, floor, add-k, none");
  add("smooth-value", po::value<double>()->value_name("X"),
      "of floor (0.1 if absent) and add-k (1 if absent)");
  add("max-ngram-order", po::value<int>()->default_value(4)->value_name("N"),
      "longest n-grams of BLEU; the signature does not show it");
  add("effective-order", po::bool_switch(), "leave out orders that a short text does not have");
  add("chrf-char-order", po::value<int>()->default_value(6)->value_name("N"),
      "longest n-grams of characters");
  add("chrf-word-order", po::value<int>()->default_value(0)->value_name("N"),
      "of words; 2 makes chrF++");
  add("chrf-beta", po::value<int>()->default_value(2)->value_name("N"),
      "weight of recall against precision");
  add("chrf-whitespace", po::bool_switch(), "white space is a character");
  add("chrf-lowercase", po::bool_switch(), "chrF without difference of case");
  add("chrf-eps-smoothing", po::bool_switch(), "average the F-scores of all orders");
  add("force", po::bool_switch(), "no warning about text that does not look detokenized");
  add("width,w", po::value<int>()->default_value(1)->value_name("N"),
      "decimals (JSON has all digits)");
  add("json", po::bool_switch(), "print a list of JSON objects");
  return command;
}

namespace {

int integer_between(const CommandLine& command, const char* name, int low, int high) {
  const int value = command.get<int>(name);
  if (value < low || value > high) {
    throw UsageError(
        fmt::format("--{} is {}; expected a number from {} to {}", name, value, low, high));
  }
  return value;
}

std::size_t order(const CommandLine& command, const char* name, int low) {
  constexpr int kLongest = 100;
  return static_cast<std::size_t>(integer_between(command, name, low, kLongest));
}

std::set<Metric> read_metrics(const CommandLine& command) {
  if (!command.has("metrics")) return {Metric::kBleu};
  std::set<Metric> metrics;
  for (const std::string& name : command.get<Lines>("metrics")) {
    if (name != "bleu" && name != "chrf") {
      throw UsageError(fmt::format("unknown metric '{}'; valid ones are: bleu, chrf", name));
    }
    metrics.insert(name == "bleu" ? Metric::kBleu : Metric::kChrf);
  }
  return metrics;
}

BleuOptions read_bleu_options(const CommandLine& command) {
  BleuOptions options;
  options.tokenizer = parse_text_tokenizer(command.get<std::string>("tokenize"));
  options.lowercase = command.get<bool>("lowercase");
  options.smoothing = parse_bleu_smoothing(command.get<std::string>("smooth-method"));
  if (command.has("smooth-value")) {
    options.smooth_value = command.get<double>("smooth-value");
    if (!std::isfinite(*options.smooth_value) || *options.smooth_value < 0) {
      throw UsageError(fmt::format("--smooth-value is {}; expected a number of at least 0",
                                   *options.smooth_value));
    }
  }
  options.max_order = order(command, "max-ngram-order", 1);
  options.effective_order =
      command.get<bool>("effective-order") || command.get<bool>("sentence-level");
  return options;
}

ChrfOptions read_chrf_options(const CommandLine& command) {
  ChrfOptions options;
  options.char_order = order(command, "chrf-char-order", 0);
  options.word_order = order(command, "chrf-word-order", 0);
  if (options.char_order + options.word_order == 0) {
    throw UsageError(
        "--chrf-char-order and --chrf-word-order are both 0; expected n-grams of one kind");
  }
  options.beta = integer_between(command, "chrf-beta", 0, 1000);
  options.lowercase = command.get<bool>("chrf-lowercase");
  options.whitespace = command.get<bool>("chrf-whitespace");
  options.eps_smoothing = command.get<bool>("chrf-eps-smoothing");
  return options;
}

void read_test(const CommandLine& command, Settings& settings) {
  const bool bootstrap = command.get<bool>("paired-bs");
  const bool randomisation = command.get<bool>("paired-ar");
  if (!bootstrap && !randomisation) return;
  if (bootstrap && randomisation) {
    throw UsageError("--paired-bs and --paired-ar are both given; run one test at a time");
  }
  if (settings.hypothesis_files.size() < 2) {
    throw UsageError(
        "a paired test compares systems with the first one; give two files or more to "
        "--hypothesis");
  }
  if (command.get<bool>("sentence-level")) {
    throw UsageError("a paired test is one of whole corpora; leave out --sentence-level");
  }
  constexpr int kMost = 10'000'000;
  settings.test = bootstrap ? Test::kBootstrap : Test::kRandomisation;
  settings.trials = static_cast<std::size_t>(
      integer_between(command, bootstrap ? "paired-bs-n" : "paired-ar-n", 1, kMost));
  settings.seed = command.get<std::uint32_t>("seed");
}

void require_distinct_systems(const Lines& files) {
  std::set<std::string> seen;
  for (const std::string& file : files) {
    if (!seen.insert(file).second) {
      throw UsageError(fmt::format(
          "--hypothesis {} is given twice; systems are told apart by their files", file));
    }
  }
}

}  // namespace

Settings read_settings(const CommandLine& command) {
  Settings settings;
  if (!command.has("reference")) {
    throw UsageError("--reference is missing; see 'seqlab score --help'");
  }
  settings.reference_files = command.get<Lines>("reference");
  settings.hypothesis_files = {kStandardInput};
  if (command.has("hypothesis")) settings.hypothesis_files = command.get<Lines>("hypothesis");
  require_distinct_systems(settings.hypothesis_files);
  settings.metrics = read_metrics(command);
  read_test(command, settings);
  settings.bleu = read_bleu_options(command);
  settings.chrf = read_chrf_options(command);
  settings.sentence_level = command.get<bool>("sentence-level");
  settings.force = command.get<bool>("force");
  settings.json = command.get<bool>("json");
  settings.width = integer_between(command, "width", 0, 20);
  if (settings.sentence_level &&
      (settings.hypothesis_files.size() > 1 || settings.metrics.size() > 1)) {
    throw UsageError("--sentence-level takes one system and one metric; score one at a time");
  }
  return settings;
}

}  // namespace seqlab::score
