#pragma once

// Whole-sequence recurrent operations, with the gradient through time in one backward function.
//
// All products that do not depend on the previous step (the input's part of the gates, all weight
// gradients) are one product over all T*B rows; a step computes only W h.

#include <span>

#include "seqlab/autograd/tape.hpp"
#include "seqlab/tensor/recurrent_cell.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Weights of one recurrent layer in PyTorch's layout. G gates, E input width, C context width.
struct RecurrentParameters {
  Cell cell = Cell::lstm;
  Parameter w_ih;         ///< [G*H, E]
  Parameter w_context;    ///< [G*H, C] or none: the context's part of the gates
  Parameter w_hh;         ///< [G*H, H]
  Parameter bias;         ///< [1, G*H]
  Parameter b_candidate;  ///< [1, H] gru only: inside the reset gate's product

  Index hidden() const { return w_hh.cols; }
};

/// Hidden state, and cell state for the lstm; [B, H] each.
struct RecurrentState {
  Variable h;
  Variable c;
};
using RecurrentStates = PooledVector<RecurrentState>;  ///< of the layers of a stack

/// The outputs of a layer: `h` [T*B, H] and, for the lstm, `c` [T*B, H], so that the state after
/// any step is a block of rows.
struct RecurrentOutput {
  Variable h;
  Variable c;
};

enum class Direction { forward, backward };

/// Runs a cell over the steps of x [T*B, E] from the state `start` [B, H]. `context` [B, C] is an
/// input of every step, or none. A sentence's state stays as it is from its end on, so the state
/// of the last step (backward: of step 0) is every sentence's final state. lengths: [B] or empty.
RecurrentOutput recurrent_sequence(Tape& tape, const RecurrentParameters& parameters, Variable x,
                                   Variable context, RecurrentState start,
                                   std::span<const Index> lengths, Direction direction);

/// Weights of additive attention (Bahdanau 2014): e_j = v . tanh(W_q s + key_j).
struct AdditiveAttentionParameters {
  Parameter w_query;  ///< [A, H]
  Parameter v;        ///< [1, A]
};

/// What attention looks at, sentence by sentence (by_sentence of layout.hpp), since every step reads
/// all of it: row b * S + j of keys and values belongs to position j of sentence b.
struct AttentionMemory {
  Variable keys;                        ///< [B*S, A], projected once
  Variable values;                      ///< [B*S, C]
  std::span<const Index> lengths;       ///< [B] source lengths
  std::span<const Index> source_rows;   ///< [rows] for evaluation: each row's sentence; empty: row b
};

struct AttentionRecurrentOutput {
  Variable h;         ///< [T*B, H]
  Variable c;         ///< [T*B, H] lstm only
  Variable contexts;  ///< [T*B, C]
  Variable weights;   ///< [T*B, S] attention of each step; has no gradient
};

/// A recurrent decoder with attention inside the recurrence: at each step the state before it is
/// the query, and the resulting context is an input of the cell (Bahdanau 2014, appendix A).
AttentionRecurrentOutput attention_recurrent_sequence(Tape& tape,
                                                      const RecurrentParameters& parameters,
                                                      const AdditiveAttentionParameters& attention,
                                                      Variable x, const AttentionMemory& memory,
                                                      RecurrentState start,
                                                      std::span<const Index> lengths);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
