#include "seqlab/experiment/verdict.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "seqlab/error.hpp"
#include "seqlab/experiment/experiment.hpp"
#include "seqlab/experiment/sentence_results.hpp"
#include "seqlab/tensor/random.hpp"

namespace seqlab {

namespace {

/// A bucket of fewer sentences says little about sentences of its length.
constexpr std::size_t kEnoughSentences = 30;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// Why an expectation cannot be judged.
struct Undecidable {
  std::string reason;
};

bool of_sentences(const std::string& measure) {
  return measure == "bleu" || measure == "chrf" || measure == "exact";
}

/// Values of terms, read from the runs when they are needed.
class Evidence {
 public:
  explicit Evidence(const std::vector<ModelResults>& models) : models_(models) {}

  /// Seeds that every model of the terms has; {""} if only floors occur.
  std::vector<std::string> seeds(const std::vector<Term>& terms) const {
    std::set<std::string> common = {""};
    bool first = true;
    for (const Term& term : terms) {
      if (term.measure.empty()) continue;
      const ModelResults& model = find(term.model);
      if (model.baseline) continue;
      std::set<std::string> own;
      for (const RunResult& run : model.runs) own.insert(run.seed);
      std::set<std::string> both;
      std::set_intersection(common.begin(), common.end(), own.begin(), own.end(),
                            std::inserter(both, both.begin()));
      common = first ? own : both;
      first = false;
    }
    if (common.empty()) throw Undecidable{"the models have no seed in common"};
    return {common.begin(), common.end()};
  }

  double value(const Term& term, const std::string& seed) {
    if (term.measure.empty()) return term.factor;
    const RunResult& run = run_of(term.model, seed);
    const double measured = of_sentences(term.measure)
                                ? sentences(run, term.measure).score(range_of(term.bucket))
                                : forced_value(run, term);
    if (std::isnan(measured)) {
      throw Undecidable{fmt::format("{} has no {}{}", term.model, term.measure,
                                    term.bucket.empty() ? "" : " of length " + term.bucket)};
    }
    return term.factor * measured;
  }

  double sum(const std::vector<Term>& terms, const std::string& seed) {
    double total = 0;
    for (const Term& term : terms) total += value(term, seed);
    return total;
  }

  /// The same for a selection of the test sentences.
  double sum(const std::vector<Term>& terms, const std::string& seed,
             const std::vector<std::size_t>& rows) {
    double total = 0;
    for (const Term& term : terms) {
      total += term.measure.empty()
                   ? term.factor
                   : term.factor * sentences(run_of(term.model, seed), term.measure)
                                       .score(rows, range_of(term.bucket));
    }
    return total;
  }

  /// Test sentences of a term's lengths.
  std::size_t sentence_count(const Term& term, const std::string& seed) {
    const LengthRange range = range_of(term.bucket);
    const std::vector<Index>& lengths = sentences(run_of(term.model, seed), term.measure).lengths;
    return static_cast<std::size_t>(std::ranges::count_if(
        lengths, [&](Index length) { return range.contains(static_cast<double>(length)); }));
  }

  std::size_t test_size() const {
    return static_cast<std::size_t>(json_number(models_.front().runs.front().test, "/sentences"));
  }

 private:
  const ModelResults& find(const std::string& name) const {
    for (const ModelResults& model : models_) {
      if (model.name == name) return model;
    }
    throw Undecidable{fmt::format("{} has no finished run", name)};
  }

  const RunResult& run_of(const std::string& name, const std::string& seed) const {
    const ModelResults& model = find(name);
    if (model.baseline) return model.runs.front();
    for (const RunResult& run : model.runs) {
      if (run.seed == seed) return run;
    }
    throw Undecidable{fmt::format("{} has no run with seed {}", name, seed)};
  }

  const SentenceResults& sentences(const RunResult& run, const std::string& measure) {
    const auto key = std::pair(run.directory.string(), measure);
    const auto found = sentences_.find(key);
    if (found != sentences_.end()) return found->second;
    if (run.test.contains("bits_per_byte")) {
      throw Undecidable{fmt::format("{} is a language model: it has no {}", run.model, measure)};
    }
    return sentences_.emplace(key, read_sentence_results(run, measure)).first->second;
  }

  LengthRange range_of(const std::string& bucket) const {
    if (bucket.empty()) return {0, kInfinity};
    if (bucket == "short" || bucket == "long") {
      const std::vector<BucketRow> buckets = all_buckets(models_);
      if (buckets.empty()) throw Undecidable{"the runs have no length buckets"};
      const BucketRow& row = bucket == "short" ? buckets.front() : buckets.back();
      return {row.low, std::isnan(row.high) ? kInfinity : row.high};
    }
    return *parse_length_range(bucket);  // checked when the file was read
  }

  /// What the models say about the references: only for whole buckets.
  double forced_value(const RunResult& run, const Term& term) const {
    const std::string key = term.measure == "accuracy" ? "token_accuracy"
                            : term.measure == "ratio"  ? "length_ratio"
                                                       : term.measure;
    const double scale = term.measure == "accuracy" ? 100.0 : 1.0;
    if (term.bucket.empty()) return scale * json_number(run.test, "/" + key);
    const LengthRange range = range_of(term.bucket);
    for (const Json& row : run.test.value("by_length", Json::array())) {
      const double high = row.at("high").is_null() ? kInfinity : row.at("high").get<double>();
      // The first bucket begins at 0 and is called "1-10".
      if (std::max(1.0, row.at("low").get<double>()) == std::max(1.0, range.low) &&
          high == range.high) {
        return scale * json_number(row, "/" + key);
      }
    }
    return Estimate::kUnknown;
  }

  const std::vector<ModelResults>& models_;
  std::map<std::pair<std::string, std::string>, SentenceResults> sentences_;
};

Verdict::Outcome outcome_of(double low, double high) {
  if (low > 0) return Verdict::Outcome::reproduced;
  return high < 0 ? Verdict::Outcome::not_reproduced : Verdict::Outcome::undecided;
}

std::string seeds_text(const Verdict& verdict) {
  return verdict.seeds == 1 ? "one seed" : fmt::format("{} seeds that agree", verdict.seeds);
}

/// The middle 95 % of the differences of resampled tests.
void bootstrap(Verdict& verdict, Evidence& evidence, const std::string& seed) {
  const Expectation& expectation = verdict.expectation;
  for (const std::vector<Term>* side : {&expectation.more, &expectation.less}) {
    for (const Term& term : *side) {
      if (!term.measure.empty() && !of_sentences(term.measure)) {
        throw Undecidable{fmt::format("{}, and no interval over sentences for {}",
                                      seeds_text(verdict), term.measure)};
      }
      if (!term.measure.empty() && evidence.sentence_count(term, seed) < kEnoughSentences) {
        throw Undecidable{fmt::format("{}, and fewer than {} sentences of length {}",
                                      seeds_text(verdict), kEnoughSentences,
                                      term.bucket.empty() ? "1+" : term.bucket)};
      }
    }
  }
  Random random(kSignificanceSeed, "verdict");
  std::vector<std::size_t> rows(evidence.test_size());
  std::vector<double> differences;
  for (std::size_t i = 0; i < kBootstrapResamples; ++i) {
    for (std::size_t& row : rows) row = random.below(rows.size());
    const double difference =
        evidence.sum(expectation.more, seed, rows) - evidence.sum(expectation.less, seed, rows);
    if (!std::isnan(difference)) differences.push_back(difference);
  }
  check(!differences.empty(), "no resampled test has sentences in all buckets");
  std::sort(differences.begin(), differences.end());
  const std::size_t tail = differences.size() / 40;
  verdict.low = differences[tail];
  verdict.high = differences[differences.size() - 1 - tail];
  verdict.over_sentences = true;
}

Verdict judge_one(const Expectation& expectation, Evidence& evidence) {
  Verdict verdict;
  verdict.expectation = expectation;
  std::vector<Term> terms = expectation.more;
  terms.insert(terms.end(), expectation.less.begin(), expectation.less.end());
  try {
    const std::vector<std::string> seeds = evidence.seeds(terms);
    std::vector<double> more;
    std::vector<double> less;
    std::vector<double> differences;
    for (const std::string& seed : seeds) {
      more.push_back(evidence.sum(expectation.more, seed));
      less.push_back(evidence.sum(expectation.less, seed));
      differences.push_back(more.back() - less.back());
    }
    verdict.seeds = seeds.size();
    verdict.more = estimate_mean(more).mean;
    verdict.less = estimate_mean(less).mean;
    const Estimate difference = estimate_mean(differences);
    verdict.difference = difference.mean;
    verdict.low = difference.low();
    verdict.high = difference.high();
    // Seeds that all give the same difference know nothing of its spread.
    if (!(verdict.low < verdict.high)) bootstrap(verdict, evidence, seeds.front());
    verdict.outcome = outcome_of(verdict.low, verdict.high);
  } catch (const Undecidable& why) {
    verdict.reason = why.reason;
  }
  return verdict;
}

std::string_view outcome_name(Verdict::Outcome outcome) {
  switch (outcome) {
    case Verdict::Outcome::reproduced:
      return "reproduced";
    case Verdict::Outcome::not_reproduced:
      return "not reproduced";
    default:
      return "undecided";
  }
}

/// Length ratios lie around 1.
bool of_ratios(const Expectation& expectation) {
  return std::ranges::any_of(expectation.more,
                             [](const Term& term) { return term.measure == "ratio"; });
}

std::string measured_text(const Verdict& verdict) {
  if (std::isnan(verdict.difference)) return verdict.reason;
  const int digits = of_ratios(verdict.expectation) ? 3 : 1;
  std::string text = fmt::format("{:.{}f} against {:.{}f}: difference {:+.{}f}", verdict.more,
                                 digits, verdict.less, digits, verdict.difference, digits);
  if (!verdict.reason.empty()) return text + "; " + verdict.reason;
  return text + fmt::format(" [{:.{}f}, {:.{}f}], {}", verdict.low, digits, verdict.high, digits,
                            verdict.over_sentences ? seeds_text(verdict) + ", over sentences"
                                                   : fmt::format("{} seeds", verdict.seeds));
}

}  // namespace

std::vector<Verdict> judge(const std::vector<Expectation>& expectations,
                           const std::vector<ModelResults>& models) {
  Evidence evidence(models);
  std::vector<Verdict> verdicts;
  for (const Expectation& expectation : expectations) {
    verdicts.push_back(judge_one(expectation, evidence));
  }
  return verdicts;
}

std::string verdict_report(const std::vector<Verdict>& verdicts) {
  using Outcome = Verdict::Outcome;
  std::string text;
  std::map<Outcome, int> counts;
  for (const Verdict& verdict : verdicts) {
    ++counts[verdict.outcome];
    const Expectation& expectation = verdict.expectation;
    text += fmt::format("{:<16}{}: {}\n{:16}measured   {}\n", outcome_name(verdict.outcome),
                        expectation.name, expectation.statement, "", measured_text(verdict));
    if (!expectation.published.empty()) {
      text += fmt::format("{:16}published  {}\n", "", expectation.published);
    }
  }
  return text + fmt::format("{} reproduced, {} not reproduced, {} undecided\n",
                            counts[Outcome::reproduced], counts[Outcome::not_reproduced],
                            counts[Outcome::undecided]);
}

std::vector<Expectation> declared_expectations(const std::filesystem::path& experiment_directory) {
  const std::filesystem::path file = experiment_directory / kExperimentFile;
  return std::filesystem::exists(file) ? load_experiment(file).expectations
                                       : std::vector<Expectation>();
}

std::vector<std::filesystem::path> experiment_folders(const std::filesystem::path& directory) {
  if (std::filesystem::exists(directory / kExperimentFile)) return {directory};
  std::vector<std::filesystem::path> folders;
  if (std::filesystem::is_directory(directory)) {
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
      if (std::filesystem::exists(entry.path() / kExperimentFile)) folders.push_back(entry.path());
    }
  }
  if (folders.empty()) {
    throw RuntimeFailure(fmt::format(
        "{} is no experiment: there is no {} in it; make one with 'seqlab run EXPERIMENT.cfg'",
        directory.string(), kExperimentFile));
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

}  // namespace seqlab
