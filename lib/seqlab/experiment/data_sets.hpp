#pragma once

// The texts of an experiment.

#include <string>

#include "seqlab/data/corpus.hpp"
#include "seqlab/experiment/experiment.hpp"

namespace seqlab {

enum class Split { train, valid, test };

/// "train", "valid" or "test".
std::string split_name(Split split);

/// Whether the experiment names such a text.
bool has_split(const DataOptions& data, Split split);

/// Reads the text or makes the synthetic one. Throws UsageError if the experiment names none, and
/// RuntimeFailure if files cannot be read or do not fit together.
ParallelText load_text(const DataOptions& data, Split split);

/// Tells texts apart, whatever files they come from: 16 hexadecimal digits.
std::string text_checksum(const ParallelText& text);

}  // namespace seqlab
