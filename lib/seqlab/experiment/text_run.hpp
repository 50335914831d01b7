#pragma once

// The test of a language model: what it thinks of a text.

#include "seqlab/experiment/run.hpp"

namespace seqlab {

struct TextTest {
  LossSum forced;  ///< line ends count as tokens
  std::size_t lines = 0;
  std::size_t bytes = 0;    ///< with line ends
  std::size_t unknown = 0;  ///< tokens <unk>

  /// Bits that the model needs for a byte of the text; unlike the perplexity of a token it compares
  /// models with different tokenizers. <unk> makes it too good: compare where nothing is unknown.
  double bits_per_byte() const;
  double unknown_share() const;
};

/// Scores a text, packed as in training; nothing of it is left out.
TextTest test_text(const LoadedRun& run, const ParallelText& text, Index threads);

/// All measures as an object.
Json text_test_json(const TextTest& test);

/// Writes test.json, an empty by_length.csv and `done`. `extra` goes into test.json.
void write_text_test(const RunDirectory& directory, const TextTest& test, const Json& extra);

/// "perplexity 31.2  bits per byte 1.61 ..." for people.
std::string text_test_line(const TextTest& test);

}  // namespace seqlab
