// seqlab score: BLEU and chrF of translations, with sacreBLEU's options and numbers.

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/evaluation/bleu.hpp"
#include "seqlab/evaluation/chrf.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <set>

namespace seqlab {

namespace {

namespace po = boost::program_options;
using Lines = std::vector<std::string>;

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
  seqlab score -r ref.en -i lstm.en --sentence-level -w 2
      a line for every sentence, with the effective n-gram order)";

constexpr const char* kStandardInput = "/dev/stdin";
constexpr std::size_t kFewSentences = 100;
constexpr std::size_t kManyLines = 100;

enum class Metric { kBleu, kChrf };

struct Settings {
  Lines reference_files;
  Lines hypothesis_files;
  std::set<Metric> metrics;
  BleuOptions bleu;
  ChrfOptions chrf;
  bool sentence_level = false;
  bool force = false;
  bool json = false;
  int width = 1;
};

struct System {
  std::string name;
  Lines sentences;
};

struct Result {
  std::string system{};
  std::size_t line = 0;  ///< of a sentence; 0 for a corpus
  std::string name{};
  double score = 0;
  std::string verbose{};
  Signature signature{};
};

CommandLine describe_command() {
  CommandLine command("score", "", kText, kExamples);
  auto add = command.add();
  add("reference,r", po::value<Lines>()->multitoken()->value_name("FILE..."),
      "reference translations; every file is one reference of all sentences");
  add("hypothesis,i", po::value<Lines>()->multitoken()->value_name("FILE..."),
      "what to score; every file is a system (standard input if absent)");
  add("metrics,m", po::value<Lines>()->multitoken()->value_name("NAME..."), "bleu (default), chrf");
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

void require_distinct_systems(const Lines& files) {
  std::set<std::string> seen;
  for (const std::string& file : files) {
    if (!seen.insert(file).second) {
      throw UsageError(fmt::format(
          "--hypothesis {} is given twice; systems are told apart by their files", file));
    }
  }
}

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

Lines read_sentences(const std::string& file) {
  Lines lines = read_lines(file);
  if (lines.empty()) {
    throw RuntimeFailure(fmt::format("{}: holds no line; expected one sentence a line", file));
  }
  for (std::string& line : lines) line = encode_utf8(strip_right(decode_utf8(line)));
  return lines;
}

std::vector<Lines> read_references(const Lines& files) {
  std::vector<Lines> references;
  for (const std::string& file : files) {
    references.push_back(read_sentences(file));
    if (references.back().size() != references.front().size()) {
      throw RuntimeFailure(fmt::format(
          "{}: the number of lines is {}, but {} in {}; expected references of the same sentences",
          file, references.back().size(), references.front().size(), files.front()));
    }
  }
  return references;
}

System read_system(const std::string& file, const Settings& settings, std::size_t expected) {
  System system{file == kStandardInput ? "standard input" : file, read_sentences(file)};
  if (system.sentences.size() != expected) {
    throw RuntimeFailure(fmt::format(
        "{}: the number of lines is {}, but {} in the reference {}; expected one line for every "
        "sentence, an empty one where there is no translation",
        system.name, system.sentences.size(), expected, settings.reference_files.front()));
  }
  return system;
}

void warn(const std::string& message) { std::cerr << "warning: " << message << '\n'; }

/// What a score should not be computed on: text that was not made readable again.
void warn_about_text(const System& system) {
  const auto lines_with = [&](auto&& matches) {
    return static_cast<std::size_t>(std::ranges::count_if(system.sentences, matches));
  };
  for (const char* mark : {"@@", "▁", "<unk>", "&apos;", "&quot;"}) {
    const std::size_t count =
        lines_with([&](const std::string& line) { return line.find(mark) != line.npos; });
    if (count == 0) continue;
    warn(
        fmt::format("{}: {} of {} lines contain '{}': undo sub-words and entities before scoring "
                    "(--force if this is text)",
                    system.name, count, system.sentences.size(), mark));
  }
  const std::size_t tokenized =
      lines_with([](const std::string& line) { return line.ends_with(" ."); });
  if (tokenized >= kManyLines || 2 * tokenized >= system.sentences.size()) {
    warn(
        fmt::format("{}: {} of {} lines end in ' .' and look tokenized: detokenize before scoring "
                    "(--force if this is text)",
                    system.name, tokenized, system.sentences.size()));
  }
}

void warn_about_settings(const Settings& settings, std::size_t sentences) {
  const bool has_value = settings.bleu.smoothing == BleuSmoothing::kFloor ||
                         settings.bleu.smoothing == BleuSmoothing::kAddK;
  if (settings.bleu.smooth_value && !has_value) {
    warn(fmt::format("--smooth-value has no effect on --smooth-method {}",
                     to_string(settings.bleu.smoothing)));
  }
  if (settings.bleu.max_order != BleuOptions{}.max_order) {
    warn(
        fmt::format("BLEU up to order {} is not comparable with the usual one of order {}, but has "
                    "the same signature",
                    settings.bleu.max_order, BleuOptions{}.max_order));
  }
  if (!settings.sentence_level && sentences < kFewSentences) {
    warn(fmt::format("{} sentences are few: scores of fewer than {} vary much by chance", sentences,
                     kFewSentences));
  }
}

Result bleu_result(const BleuStatistics& statistics, const Settings& settings) {
  const BleuScore score = bleu_score(statistics, settings.bleu);
  return {.name = "BLEU",
          .score = score.score,
          .verbose = verbose(score),
          .signature = signature(settings.bleu, settings.reference_files.size())};
}

Result chrf_result(const ChrfStatistics& statistics, const Settings& settings) {
  return {.name = chrf_name(settings.chrf),
          .score = chrf_score(statistics, settings.chrf),
          .signature = signature(settings.chrf, settings.reference_files.size())};
}

/// One result for the sum of the sentences, or one for each.
template <typename Statistics, typename Score>
void add_results(const std::vector<Statistics>& sentences, const System& system,
                 const Settings& settings, Score score, std::vector<Result>& results) {
  const auto add = [&](const Statistics& statistics, std::size_t line) {
    results.push_back(score(statistics, settings));
    results.back().system = system.name;
    results.back().line = line;
  };
  if (settings.sentence_level) {
    for (std::size_t i = 0; i < sentences.size(); ++i) add(sentences[i], i + 1);
    return;
  }
  Statistics sum;
  for (const Statistics& sentence : sentences) sum += sentence;
  add(sum, 0);
}

std::vector<Result> score_system(const System& system, const std::vector<Lines>& references,
                                 const Settings& settings) {
  std::vector<Result> results;
  if (settings.metrics.contains(Metric::kBleu)) {
    add_results(bleu_statistics(system.sentences, references, settings.bleu), system, settings,
                bleu_result, results);
  }
  if (settings.metrics.contains(Metric::kChrf)) {
    add_results(chrf_statistics(system.sentences, references, settings.chrf), system, settings,
                chrf_result, results);
  }
  return results;
}

nlohmann::ordered_json to_json(const Result& result) {
  nlohmann::ordered_json object;
  object["name"] = result.name;
  object["score"] = result.score;
  object["signature"] = to_string(result.signature);
  if (!result.verbose.empty()) object["verbose_score"] = result.verbose;
  for (const auto& [name, value] : result.signature) object[name] = value;
  object["system"] = result.system;
  if (result.line > 0) object["line"] = result.line;
  return object;
}

void print_json(const std::vector<Result>& results) {
  auto list = nlohmann::ordered_json::array();
  for (const Result& result : results) list.push_back(to_json(result));
  std::cout << list.dump(1) << '\n';
}

/// sacreBLEU's form, "NAME|SIGNATURE = SCORE DETAILS", aligned at the equals sign.
void print_lines(const std::vector<Result>& results, int decimals) {
  const auto label = [](const Result& result) {
    return result.name + '|' + to_string(result.signature);
  };
  std::size_t longest = 0;
  for (const Result& result : results) longest = std::max(longest, label(result).size());
  for (const Result& result : results) {
    std::cout << fmt::format("{:>{}} = {:.{}f}{}{}\n", label(result), longest, result.score,
                             decimals, result.verbose.empty() ? "" : " ", result.verbose);
  }
}

/// A row per system, a column per metric, and the signatures below.
void print_table(const std::vector<Result>& results, std::size_t metrics, int decimals) {
  constexpr std::size_t kColumn = 10;
  std::size_t longest = std::string_view("system").size();
  for (const Result& result : results) longest = std::max(longest, result.system.size());
  std::string table = fmt::format("{:<{}}", "system", longest);
  for (std::size_t m = 0; m < metrics; ++m) {
    table += fmt::format("  {:>{}}", results[m].name, kColumn);
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (i % metrics == 0) table += fmt::format("\n{:<{}}", results[i].system, longest);
    table += fmt::format("  {:>{}.{}f}", results[i].score, kColumn, decimals);
  }
  table += "\n\n";
  for (std::size_t m = 0; m < metrics; ++m) {
    table += fmt::format("{}|{}\n", results[m].name, to_string(results[m].signature));
  }
  std::cout << table;
}

void print(const std::vector<Result>& results, const Settings& settings) {
  if (settings.json) {
    print_json(results);
  } else if (settings.hypothesis_files.size() == 1) {
    print_lines(results, settings.width);
  } else {
    print_table(results, settings.metrics.size(), settings.width);
  }
  finish_output();
}

}  // namespace

int score_main(int argc, char** argv) {
  CommandLine command = describe_command();
  if (!command.parse(argc, argv)) return 0;
  const Settings settings = read_settings(command);
  const std::vector<Lines> references = read_references(settings.reference_files);
  warn_about_settings(settings, references.front().size());
  std::vector<Result> results;
  for (const std::string& file : settings.hypothesis_files) {
    const System system = read_system(file, settings, references.front().size());
    if (!settings.force) warn_about_text(system);
    for (Result& result : score_system(system, references, settings)) {
      results.push_back(std::move(result));
    }
  }
  print(results, settings);
  return 0;
}

}  // namespace seqlab
