#pragma once

// Additive attention of one decoder step (Bahdanau 2014): for each row r that belongs to source
// sentence b, over that sentence's positions j
//
//   e_j = v . tanh(query_r + key_{b,j})     weights = softmax(e)     context_r = sum_j w_j value_{b,j}
//
// R rows (hypotheses), B source sentences, S source steps, A attention units, C value width.

#include <span>

#include "seqlab/tensor/matrix.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

struct AdditiveAttentionStep {
  ConstMatrixRef query;    ///< [R, A]
  ConstMatrixRef keys;     ///< [B*S, A], row b * S + j
  ConstMatrixRef values;   ///< [B*S, C]
  const Real* v;           ///< [A]
  std::span<const Index> lengths;      ///< [B]
  std::span<const Index> source_rows;  ///< [R] sentence of each row; empty: row r is sentence r

  Index source_of(Index row) const {
    return source_rows.empty() ? row : source_rows[static_cast<std::size_t>(row)];
  }
  /// The positions of sentence b in keys, values or their gradients, without its padding.
  template <typename Ref>
  Ref sentence(Ref m, Index b) const {
    const Index steps = m.rows / static_cast<Index>(lengths.size());
    return m.row_block(b * steps, lengths[static_cast<std::size_t>(b)]);
  }
};

/// Fills weights [R, S] (0 on padding) and context [R, C].
void additive_attention_forward(const AdditiveAttentionStep& step, MatrixRef weights,
                                MatrixRef context);

/// From d_context [R, C] and the weights: sets d_query [R, A]; adds to d_keys and d_v. The gradient
/// of the values, weights^T d_context over all steps, is left to the caller.
void additive_attention_backward(const AdditiveAttentionStep& step, ConstMatrixRef weights,
                                 ConstMatrixRef d_context, MatrixRef d_query, MatrixRef d_keys,
                                 Real* d_v);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
