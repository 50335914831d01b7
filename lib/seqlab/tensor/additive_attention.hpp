#pragma once

// Additive attention of one decoder step (Bahdanau 2014): for each row r that belongs to source
// sentence b, over that sentence's positions j
//
//   e_j = v . tanh(query_r + key_{j,b})     weights = softmax(e)     context_r = sum_j w_j value_{j,b}
//
// R rows (hypotheses), B source sentences, S source steps, A attention units, C value width.

#include <span>

#include "seqlab/tensor/matrix.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

struct AdditiveAttentionStep {
  ConstMatrixRef query;    ///< [R, A]
  ConstMatrixRef keys;     ///< [S*B, A], row (j, b)
  ConstMatrixRef values;   ///< [S*B, C]
  const Real* v;           ///< [A]
  std::span<const Index> lengths;      ///< [B]
  std::span<const Index> source_rows;  ///< [R] sentence of each row; empty: row r is sentence r

  Index batch() const { return static_cast<Index>(lengths.size()); }
  Index source_of(Index row) const {
    return source_rows.empty() ? row : source_rows[static_cast<std::size_t>(row)];
  }
};

/// Fills weights [R, S] (0 on padding) and context [R, C].
void additive_attention_forward(const AdditiveAttentionStep& step, MatrixRef weights,
                                MatrixRef context);

/// From d_context [R, C] and the weights: sets d_query [R, A]; adds to d_keys, d_values and d_v.
void additive_attention_backward(const AdditiveAttentionStep& step, ConstMatrixRef weights,
                                 ConstMatrixRef d_context, MatrixRef d_query, MatrixRef d_keys,
                                 MatrixRef d_values, Real* d_v);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
