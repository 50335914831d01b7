#pragma once

// A score without the settings that made it cannot be compared. The signature names them all, in
// the form that sacreBLEU introduced (Post 2018), with the version of our own scorer.

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace seqlab {

/// Changes when a score changes for the same text and options.
inline constexpr std::string_view kScorerVersion = "seqlab-0.1.0";

/// Names and values in the order in which they are printed.
using Signature = std::vector<std::pair<std::string, std::string>>;

/// "nrefs:1|case:mixed|...|version:..."
std::string to_string(const Signature& signature);

}  // namespace seqlab
