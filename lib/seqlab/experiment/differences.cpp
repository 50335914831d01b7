#include "seqlab/experiment/differences.hpp"

#include <numeric>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/evaluation/significance.hpp"

namespace seqlab {

namespace {

BleuOptions bleu_options(const RunResult& run) {
  BleuOptions options;
  options.tokenizer = parse_text_tokenizer(run.settings.at("evaluation.tokenize"));
  options.lowercase = run.settings.at("evaluation.lowercase") == "true";
  return options;
}

SentenceCounts counts_of(const RunResult& run, bool exact) {
  const std::vector<std::string> translations = read_lines(run.directory / "translations.txt");
  const std::vector<std::vector<std::string>> references = {
      read_lines(run.directory / "references.txt")};
  if (translations.size() != references[0].size() || translations.empty()) {
    throw RuntimeFailure(fmt::format(
        "{}: translations.txt has {} lines and references.txt {}; expected as many, and some",
        run.directory.string(), translations.size(), references[0].size()));
  }
  if (exact) {
    std::vector<bool> right;
    for (std::size_t i = 0; i < translations.size(); ++i) {
      right.push_back(translations[i] == references[0][i]);
    }
    return SentenceCounts(right);
  }
  const BleuOptions options = bleu_options(run);
  return {bleu_statistics(translations, references, options), options};
}

SentenceCounts counts_of(const ModelResults& model, bool exact) {
  SentenceCounts sum = counts_of(model.runs.front(), exact);
  for (std::size_t i = 1; i < model.runs.size(); ++i) sum += counts_of(model.runs[i], exact);
  return sum;
}

Difference test_difference(SentenceCounts baseline, std::size_t baseline_runs,
                           SentenceCounts system, std::size_t system_runs) {
  const std::size_t shared = std::gcd(baseline_runs, system_runs);
  baseline *= static_cast<std::int64_t>(system_runs / shared);
  system *= static_cast<std::int64_t>(baseline_runs / shared);
  return {paired_bootstrap(baseline, system), approximate_randomisation(baseline, system)};
}

/// Holm's correction of one of the two tests.
void correct(std::vector<Difference>& differences, double Difference::*test) {
  std::vector<double> p_values;
  for (const Difference& difference : differences) p_values.push_back(difference.*test);
  const std::vector<double> adjusted = holm(p_values);
  for (std::size_t i = 0; i < adjusted.size(); ++i) differences[i].*test = adjusted[i];
}

}  // namespace

std::vector<Difference> differences_to(const std::string& baseline,
                                       const std::vector<ModelResults>& models) {
  const auto found = std::ranges::find(models, baseline, &ModelResults::name);
  check(found != models.end(), "there is no model {}", baseline);
  const MainMeasure measure = main_measure(models);
  check(measure != MainMeasure::bits_per_byte, "a paired test without translations");
  const bool exact = measure == MainMeasure::exact_match;
  const SentenceCounts baseline_counts = counts_of(*found, exact);
  std::vector<Difference> differences;
  for (const ModelResults& model : models) {
    differences.push_back(model.name == baseline
                              ? Difference{}
                              : test_difference(baseline_counts, found->runs.size(),
                                                counts_of(model, exact), model.runs.size()));
  }
  correct(differences, &Difference::bootstrap);
  correct(differences, &Difference::randomisation);
  return differences;
}

MainMeasure main_measure(const std::vector<ModelResults>& models) {
  const RunResult& run = models.front().runs.front();
  if (run.test.contains("bits_per_byte")) return MainMeasure::bits_per_byte;
  const std::string task = run.manifest.value("/data/task"_json_pointer, std::string("parallel"));
  return task == "parallel" ? MainMeasure::bleu : MainMeasure::exact_match;
}

}  // namespace seqlab
