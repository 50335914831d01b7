// seqlab score: BLEU and chrF of translations, with sacreBLEU's options and numbers.

#include "commands.hpp"
#include "score_options.hpp"
#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <iostream>
#include <map>
#include <optional>

namespace seqlab {

using namespace score;

namespace {

constexpr std::size_t kFewSentences = 100;
constexpr std::size_t kManyLines = 100;

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
  std::optional<BootstrapInterval> interval{};
  std::optional<double> p_value{};  ///< of the difference to the first system
};

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

/// Compares every system with the first one that it is shown, metric by metric.
class PairedTests {
 public:
  explicit PairedTests(const Settings& settings) : settings_(settings) {}

  void run(const SentenceCounts& counts, Result& result) {
    if (settings_.test == Test::kNone) return;
    const bool bootstrap = settings_.test == Test::kBootstrap;
    const auto [baseline, is_first] = baselines_.try_emplace(result.name, counts);
    if (bootstrap) result.interval = bootstrap_interval(counts, settings_.trials, settings_.seed);
    if (!is_first) {
      const auto test = bootstrap ? paired_bootstrap : approximate_randomisation;
      result.p_value = test(baseline->second, counts, settings_.trials, settings_.seed);
    }
    result.signature.insert(result.signature.begin() + 1,
                            {{bootstrap ? "bs" : "ar", std::to_string(settings_.trials)},
                             {"seed", std::to_string(settings_.seed)}});
  }

 private:
  const Settings& settings_;
  std::map<std::string, SentenceCounts> baselines_;
};

std::vector<Result> score_system(const System& system, const std::vector<Lines>& references,
                                 const Settings& settings, PairedTests& tests) {
  std::vector<Result> results;
  if (settings.metrics.contains(Metric::kBleu)) {
    const auto statistics = bleu_statistics(system.sentences, references, settings.bleu);
    add_results(statistics, system, settings, bleu_result, results);
    tests.run({statistics, settings.bleu}, results.back());
  }
  if (settings.metrics.contains(Metric::kChrf)) {
    const auto statistics = chrf_statistics(system.sentences, references, settings.chrf);
    add_results(statistics, system, settings, chrf_result, results);
    tests.run({statistics, settings.chrf}, results.back());
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
  if (result.interval) {
    object["mean"] = result.interval->mean;
    object["ci"] = result.interval->half_width;
  }
  if (result.p_value) object["p_value"] = *result.p_value;
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

/// What stands in a table for one system and metric: the score and the outcome of a test.
std::string cells(const Result& result, const Settings& settings) {
  std::string text = fmt::format("  {:>10.{}f}", result.score, settings.width);
  if (result.interval) {
    const std::string interval =
        fmt::format("{:.{}f} ± {:.{}f}", result.interval->mean, settings.width,
                    result.interval->half_width, settings.width);
    text += fmt::format("  {:>15}", interval);
  }
  if (settings.test != Test::kNone) {
    text += fmt::format("  {:>8}", result.p_value ? fmt::format("{:.4f}", *result.p_value) : "");
  }
  return text;
}

std::string header(const Result& result, const Settings& settings) {
  std::string text = fmt::format("  {:>10}", result.name);
  if (result.interval) text += fmt::format("  {:>15}", "mean ± 95 %");
  if (settings.test != Test::kNone) text += fmt::format("  {:>8}", "p");
  return text;
}

/// A row per system, columns for each metric, and the signatures below.
void print_table(const std::vector<Result>& results, const Settings& settings) {
  const std::size_t metrics = settings.metrics.size();
  std::size_t longest = std::string_view("system").size();
  for (const Result& result : results) longest = std::max(longest, result.system.size());
  std::string table = fmt::format("{:<{}}", "system", longest);
  for (std::size_t m = 0; m < metrics; ++m) table += header(results[m], settings);
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (i % metrics == 0) table += fmt::format("\n{:<{}}", results[i].system, longest);
    table += cells(results[i], settings);
  }
  table += "\n\n";
  for (std::size_t m = 0; m < metrics; ++m) {
    table += fmt::format("{}|{}\n", results[m].name, to_string(results[m].signature));
  }
  if (settings.test != Test::kNone) {
    table += fmt::format("p: of so large a difference to {} if both were equally good\n",
                         results.front().system);
  }
  std::cout << table;
}

void print(const std::vector<Result>& results, const Settings& settings) {
  if (settings.json) {
    print_json(results);
  } else if (settings.hypothesis_files.size() == 1) {
    print_lines(results, settings.width);
  } else {
    print_table(results, settings);
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
  PairedTests tests(settings);
  std::vector<Result> results;
  for (const std::string& file : settings.hypothesis_files) {
    const System system = read_system(file, settings, references.front().size());
    if (!settings.force) warn_about_text(system);
    for (Result& result : score_system(system, references, settings, tests)) {
      results.push_back(std::move(result));
    }
  }
  print(results, settings);
  return 0;
}

}  // namespace seqlab
