#pragma once

// The test of a run sentence by sentence, from its files, for measures of any selection of them.

#include <string>
#include <vector>

#include "seqlab/evaluation/significance.hpp"
#include "seqlab/experiment/expectation.hpp"
#include "seqlab/experiment/results.hpp"

namespace seqlab {

struct SentenceResults {
  SentenceCounts counts;
  std::vector<Index> lengths;  ///< of the sources, in tokens

  /// The measure of the sentences `rows` whose lengths are in the range; a sentence may occur
  /// several times. Not a number if there is none.
  double score(const std::vector<std::size_t>& rows, LengthRange range) const;
  /// Of all sentences in the range.
  double score(LengthRange range) const;
};

/// What a measure counts in each sentence; `measure` is bleu, chrf or exact. Throws RuntimeFailure
/// if a file is missing or damaged.
SentenceCounts read_sentence_counts(const RunResult& run, const std::string& measure);

/// The same with the sentences' lengths. Throws RuntimeFailure if a file is missing or damaged.
SentenceResults read_sentence_results(const RunResult& run, const std::string& measure);

}  // namespace seqlab
