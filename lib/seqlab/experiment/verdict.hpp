#pragma once

// Does an experiment show what was expected of it?
//
// Runs with the same seed make a pair: the difference between the two sides of an expectation is
// taken seed by seed, and its mean has a 95 % confidence interval by Student's t distribution. With
// one seed, or where all give the same difference, the interval is that of the paired bootstrap over
// the test sentences (Koehn 2004), 30 or more of each length: it then says nothing about other
// seeds.

#include <string>
#include <vector>

#include "seqlab/evaluation/estimate.hpp"
#include "seqlab/experiment/expectation.hpp"
#include "seqlab/experiment/results.hpp"

namespace seqlab {

struct Verdict {
  /// The interval of the difference lies above zero, below zero, or holds it.
  enum class Outcome { reproduced, not_reproduced, undecided };

  Expectation expectation;
  Outcome outcome = Outcome::undecided;
  double more = Estimate::kUnknown;  ///< means of the two sides
  double less = Estimate::kUnknown;
  double difference = Estimate::kUnknown;
  double low = Estimate::kUnknown;  ///< interval of the difference
  double high = Estimate::kUnknown;
  std::size_t seeds = 0;
  bool over_sentences = false;  ///< the interval is one over the test sentences
  std::string reason;  ///< why nothing can be said; or ""
};

/// Throws RuntimeFailure if files of the runs are missing or damaged.
std::vector<Verdict> judge(const std::vector<Expectation>& expectations,
                           const std::vector<ModelResults>& models);

/// For people: each expectation with the outcome, our numbers and the published ones.
std::string verdict_report(const std::vector<Verdict>& verdicts);

/// The expectations of the folder's experiment.cfg.
std::vector<Expectation> declared_expectations(const std::filesystem::path& experiment_directory);

/// An experiment's folder, or those of its parts (see sweep.hpp). Throws RuntimeFailure if there is
/// none.
std::vector<std::filesystem::path> experiment_folders(const std::filesystem::path& directory);

}  // namespace seqlab
