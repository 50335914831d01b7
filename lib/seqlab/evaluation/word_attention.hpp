#pragma once

// Words of a text, and attention between words from attention between a model's tokens, which may
// be parts of words or have punctuation on them.

#include <string>
#include <string_view>
#include <vector>

#include "seqlab/data/tokenizer.hpp"
#include "seqlab/tensor/matrix.hpp"

namespace seqlab {

/// How words are told apart.
///   spaces  what stands between white space
///   marks   letters and digits, also across one ' or - ("don't", "first-born"); every other
///           character that is not white space is a word of its own
enum class WordRule { spaces, marks };

/// Throws UsageError that lists the names.
WordRule parse_word_rule(const std::string& name);

std::vector<TextSpan> word_spans(std::string_view text, WordRule rule);

inline namespace SEQLAB_PRECISION {

/// Which words a token stands for: row i has the share of token i in each word, by bytes; the row
/// of a token outside all words is zero.
Matrix token_shares(const std::vector<TextSpan>& tokens, const std::vector<TextSpan>& words);

/// Word-level weights [target words, source words]: the mean over a target word's tokens of the sum
/// over a source word's tokens. `attention` [target tokens, source tokens] may have a row and a
/// column more, those of the end marks, which are left out. Shares are those of token_shares.
Matrix word_attention(const Matrix& attention, const Matrix& source_shares,
                      const Matrix& target_shares);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
