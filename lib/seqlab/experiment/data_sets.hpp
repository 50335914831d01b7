#pragma once

// The texts of an experiment.

#include <string>

#include "seqlab/data/corpus.hpp"
#include "seqlab/experiment/experiment.hpp"
#include "seqlab/models/registry.hpp"

namespace seqlab {

enum class Split { train, valid, test };

/// "train", "valid" or "test".
std::string split_name(Split split);

/// Whether the experiment names such a text.
bool has_split(const DataOptions& data, Split split);

/// Reads the text or makes the synthetic one; the sources of plain text are empty. Throws UsageError if the experiment names none, and
/// RuntimeFailure if files cannot be read or do not fit together.
ParallelText load_text(const DataOptions& data, Split split);

/// Adds, for 2, 3, .. `most`, groups of that many consecutive lines, each joined to one line.
void add_joined_lines(ParallelText& text, Index most);

/// The text in tokens, as training sees it, and as a test does: with nothing left out.
Corpus make_training_corpus(const DataOptions& data, const ParallelText& text,
                            const TokenizerPair& tokenizers, FilterReport* report = nullptr);
Corpus make_test_corpus(const DataOptions& data, const ParallelText& text,
                        const TokenizerPair& tokenizers);

/// Plain text has no source to have a vocabulary for.
VocabularySizes vocabulary_sizes(const DataOptions& data, const TokenizerPair& tokenizers);

/// Tells texts apart, whatever files they come from: 16 hexadecimal digits.
std::string text_checksum(const ParallelText& text);

}  // namespace seqlab
