#pragma once

// One time step of the recurrent cells, forward and backward, for a batch of B sentences.
//
//   rnn   h' = tanh(g)                                                  (Elman 1990)
//   lstm  i, f, o = sigmoid(g_i, g_f, g_o), u = tanh(g_u)
//         c' = f c + i u,  h' = o tanh(c')      (Hochreiter and Schmidhuber 1997, Gers 2000)
//   gru   r, z = sigmoid(g_r, g_z), n = tanh(g_n + r (W_n h + b_n)),  h' = (1 - z) n + z h
//                                                                       (Cho 2014)
//
// where g is the input's part of the gates plus W h (for the gru, W h of r and z only). Gate
// order in memory: rnn; lstm i, f, u, o; gru r, z, n. These are PyTorch's conventions.
//
// A sentence that has ended (step >= its length) carries its state through unchanged.

#include "seqlab/tensor/matrix.hpp"

namespace seqlab {

enum class Cell { rnn, lstm, gru };

inline namespace SEQLAB_PRECISION {

/// Gates of a cell: 1, 4 or 3.
Index gate_count(Cell cell);
inline bool has_cell_state(Cell cell) { return cell == Cell::lstm; }

struct CellWeights {
  ConstMatrixRef w_hh;            ///< [G*H, H]
  const Real* b_candidate = nullptr;  ///< [H] gru only: b_n
};

/// Everything that a step reads and leaves behind for its backward pass.
struct CellStep {
  MatrixRef gates;          ///< [B, G*H] in: the input's part; out: activations
  MatrixRef candidate;      ///< [B, H] gru only, out: W_n h + b_n
  ConstMatrixRef h_before;  ///< [B, H]
  ConstMatrixRef c_before;  ///< [B, H] lstm only
  MatrixRef h;              ///< [B, H] out
  MatrixRef c;              ///< [B, H] lstm only, out
  Index step = 0;
  const Index* lengths = nullptr;  ///< [B]; null: no sentence has ended

  bool ended(Index sentence) const { return lengths != nullptr && step >= lengths[sentence]; }
};

void cell_forward(Cell cell, const CellWeights& weights, const CellStep& step);

/// `dh` [B, H] holds the gradient of h' and becomes that of h; `dc` likewise (lstm). The gates
/// become the gradient of their pre-activations, `candidate` that of W_n h + b_n.
void cell_backward(Cell cell, const CellWeights& weights, const CellStep& step, MatrixRef dh,
                   MatrixRef dc);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
