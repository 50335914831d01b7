#pragma once

// Follows the tokens of a sentence through one attention, all heads together or one of them: the
// embedding that a token comes with, the query it asks by, the key it is found by, the value it
// hands over, and the context vector that it gets, with the scores and weights between. Read from
// one teacher-forced pass, in which models show them (ShownAttention, Residual).

#include <string>
#include <vector>

#include "seqlab/data/tokenizer.hpp"
#include "seqlab/evaluation/forced_pass.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// What one attention does. Rows are the tokens that ask, columns those that are looked at; in
/// self-attention they are the same.
struct Inspection : AttentionPlace {  ///< head -1: all together
  std::string name;                   ///< "encoder.layer0.self_attention, head 1"
  Index heads = 1;                    ///< of this attention
  std::vector<std::string> rows;
  std::vector<std::string> columns;
  Matrix embeddings;    ///< [rows, E] of the tokens that ask
  Matrix queries;       ///< [rows, D]
  Matrix keys, values;  ///< [columns, .]
  Matrix contexts;      ///< [rows, .]
  /// [rows, columns] before softmax, mean over heads. Without what ALiBi takes off for distance;
  /// NaN at later positions, which a causal query does not meet.
  Matrix scores;
  Matrix weights;  ///< [rows, columns] mean over heads
  Matrix mix;      ///< [rows, columns] norms of weight times value: what the context is a sum of
  /// [rows, columns] Cosines of a token's vector with every other, before and after attention. Of
  /// self-attention with a residual connection: the vectors that enter and leave it, which all
  /// heads share. Otherwise: query with key, and context with value.
  Matrix before, after;
  std::vector<double> change;  ///< |after - before| / |before| by row, with residual connections
  /// By row, the words whose embeddings are most like the token's own, and, with residual
  /// connections, most like the vector that leaves.
  std::vector<std::vector<std::string>> nearest_before, nearest_after;
};

/// All attentions of the model over a sentence pair (without marks), in the order of the pass; for
/// a model of plain text, the source is empty. One without the head that is asked for is left out
/// (-1: all heads together).
std::vector<Inspection> inspect(const SequenceModel& model, const TokenizerPair& tokenizers,
                                const Sentence& source, const Sentence& target, Index head = -1);

/// A line a token: norms, change, what it looks at most, nearest tokens before and after.
std::string describe_tokens(const Inspection& inspection);
/// The norms of what token `row` asks by and gets, and a line for each token that it can look at:
/// norms of key and value, score, weight, norm of its part in the mix of values (weight times
/// value), similarity before and after.
std::string describe_token(const Inspection& inspection, std::size_t row);
/// The same of all tokens, as TSV: row, row_token, column, column_token, score (or NaN), weight,
/// before, after.
std::string inspection_tsv(const Inspection& inspection);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
