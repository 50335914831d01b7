#pragma once

// What `seqlab score` is asked to do.

#include <set>
#include <string>
#include <vector>

#include "command_line.hpp"
#include "seqlab/evaluation/bleu.hpp"
#include "seqlab/evaluation/chrf.hpp"
#include "seqlab/evaluation/significance.hpp"

namespace seqlab::score {

using Lines = std::vector<std::string>;

inline constexpr const char* kStandardInput = "/dev/stdin";

enum class Metric { kBleu, kChrf };
enum class Test { kNone, kBootstrap, kRandomisation };

struct Settings {
  Lines reference_files;
  Lines hypothesis_files;
  std::set<Metric> metrics;
  BleuOptions bleu;
  ChrfOptions chrf;
  Test test = Test::kNone;
  std::size_t trials = 0;  ///< of the test
  std::uint32_t seed = kSignificanceSeed;
  bool sentence_level = false;
  bool force = false;
  bool json = false;
  int width = 1;
};

CommandLine describe_command();

/// Throws UsageError on values and combinations that make no sense.
Settings read_settings(const CommandLine& command);

}  // namespace seqlab::score
