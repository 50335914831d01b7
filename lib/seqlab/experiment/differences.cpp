#include "seqlab/experiment/differences.hpp"

#include <numeric>

#include "seqlab/error.hpp"
#include "seqlab/evaluation/significance.hpp"
#include "seqlab/experiment/sentence_results.hpp"

namespace seqlab {

namespace {

SentenceCounts counts_of(const ModelResults& model, const std::string& measure) {
  SentenceCounts sum = read_sentence_counts(model.runs.front(), measure);
  for (std::size_t i = 1; i < model.runs.size(); ++i) {
    sum += read_sentence_counts(model.runs[i], measure);
  }
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
  const MainMeasure main = main_measure(models);
  check(main != MainMeasure::bits_per_byte, "a paired test without translations");
  const std::string measure = main == MainMeasure::exact_match ? "exact" : "bleu";
  const SentenceCounts baseline_counts = counts_of(*found, measure);
  std::vector<Difference> differences;
  for (const ModelResults& model : models) {
    differences.push_back(model.name == baseline
                              ? Difference{}
                              : test_difference(baseline_counts, found->runs.size(),
                                                counts_of(model, measure), model.runs.size()));
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
