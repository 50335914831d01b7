#pragma once

// Parallel text and parallel token sequences.

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "seqlab/data/batch.hpp"
#include "seqlab/data/tokenizer.hpp"

namespace seqlab {

/// Line i of `source` corresponds to line i of `target`.
struct ParallelText {
  std::vector<std::string> source;
  std::vector<std::string> target;

  std::size_t size() const { return source.size(); }
};

/// Two files with one sentence a line, see read_lines.
/// Throws RuntimeFailure if they are empty or their numbers of lines differ.
ParallelText read_parallel(const std::filesystem::path& source_file,
                           const std::filesystem::path& target_file);

/// One file with one sentence a line; the sources are empty. Throws RuntimeFailure if it is empty.
ParallelText read_plain(const std::filesystem::path& file);

/// Columns count from 1.
struct TsvColumns {
  Index source = 1;
  Index target = 2;
  Index total = 2;
};

/// One file with tab-separated columns. Throws RuntimeFailure (with file and line) if a line has
/// not exactly `columns.total` columns or the file is empty.
ParallelText read_parallel_tsv(const std::filesystem::path& file, TsvColumns columns = {});

/// Token sequences of sentence pairs; pair i comes from line `line[i]` (from 0) of the text.
struct Corpus {
  std::vector<Sentence> source;
  std::vector<Sentence> target;
  std::vector<std::size_t> line;

  std::size_t size() const { return source.size(); }
};

std::size_t count_unknown(const Sentence& sentence);
/// Whether it has more tokens than `limit`; 0: there is no limit.
bool exceeds(const Sentence& sentence, Index limit);

/// What happened to the pairs of a training text.
struct FilterReport {
  std::size_t pairs = 0;
  std::size_t kept = 0;
  std::size_t empty = 0;          ///< no token on one side at least
  std::size_t too_long = 0;       ///< too many tokens on one side at least
  std::size_t source_tokens = 0;  ///< of the kept pairs, without end marks
  std::size_t target_tokens = 0;
  std::size_t source_unknown = 0;  ///< kUnk among them
  std::size_t target_unknown = 0;

  /// One line for people. Plain text has no source tokens.
  std::string summary() const;
};

/// Encodes the pairs and drops those with an empty side or more tokens than a limit (0: none; the
/// end mark does not count).
/// Throws RuntimeFailure with the reasons and a histogram of lengths if nothing is left.
Corpus make_training_corpus(const ParallelText& text, const TokenizerPair& tokenizers,
                            Index max_source_tokens, Index max_target_tokens,
                            FilterReport* report = nullptr);

/// Encodes every pair: a test sentence is never dropped.
Corpus make_test_corpus(const ParallelText& text, const TokenizerPair& tokenizers);

}  // namespace seqlab
