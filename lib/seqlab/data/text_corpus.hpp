#pragma once

// Plain text for language models, as a corpus whose sources are empty.

#include "seqlab/data/corpus.hpp"

namespace seqlab {

/// How lines become sequences: each on its own, or several, with kEos between them, in blocks of at
/// most `block` tokens. A line longer than that is a block of its own. Every line is predicted once
/// in either case, its end included, so perplexities compare.
struct TextPacking {
  bool packed = false;
  Index block = 128;
};

/// Drops empty lines and lines of more than `max_tokens` tokens (0: none), then packs. The report
/// counts lines. Throws RuntimeFailure if nothing is left.
Corpus make_training_text(const std::vector<std::string>& lines, const Tokenizer& tokenizer,
                          TextPacking packing, Index max_tokens, FilterReport* report = nullptr);

/// Every line, packed in the same way: nothing of a test text is left out.
Corpus make_test_text(const std::vector<std::string>& lines, const Tokenizer& tokenizer,
                      TextPacking packing);

/// Bytes of the lines with their line ends: what "bits per byte" divides by.
std::size_t text_bytes(const std::vector<std::string>& lines);

}  // namespace seqlab
