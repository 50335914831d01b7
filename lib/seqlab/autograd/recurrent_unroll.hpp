#pragma once

// What the recurrent operations share: the buffers of an unrolled cell and its steps. Internal to
// autograd/.

#include "seqlab/autograd/recurrent.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// A cell unrolled over T steps. Holds the gates of all steps, which the backward pass turns into
/// their gradients in place.
class UnrolledCell {
 public:
  UnrolledCell(Tape& tape, const RecurrentParameters& parameters, Variable x, RecurrentState start,
               std::span<const Index> lengths, Direction direction);

  Index steps() const { return steps_; }
  Index batch() const { return batch_; }
  /// The i-th step to be computed is this time step.
  Index time(Index i) const { return direction_ == Direction::forward ? i : steps_ - 1 - i; }
  MatrixRef gates(Index t) { return ref(gates_).row_block(t * batch_, batch_); }

  ConstMatrixRef all_gates() const { return ref(gates_); }

  /// gates <- x W_ih^T + bias, for all steps.
  void project_inputs();
  /// Puts the (still empty) outputs on the tape.
  RecurrentOutput make_outputs();
  void forward(Index i);

  /// The state that the i-th step started from.
  ConstMatrixRef h_before(Index i) const;

  /// Backward. Call begin_backward, then for each i from the last to the first: add_output_gradient,
  /// backward(i) (after which gates(t) is the gradient of the gates and dh() that of h_before(i)),
  /// then finish_backward.
  void begin_backward();
  void add_output_gradient(Index i);
  void backward(Index i);
  MatrixRef dh() { return ref(dh_); }
  void finish_backward();

  /// dw += gradient^T h_before over all steps: the gradient of a weight that multiplies the state
  /// before each step. gradient [T*B, n], dw [n, H].
  void add_weight_gradient(ConstMatrixRef gradient, MatrixRef dw) const;

 private:
  CellStep cell_step(Index i);
  CellWeights weights() const;
  ConstMatrixRef state_before(Index i, Variable output, Variable start) const;

  Tape* tape_;
  RecurrentParameters parameters_;
  Variable x_;
  RecurrentState start_;
  std::span<const Index> lengths_;
  Direction direction_;
  Index batch_;
  Index steps_;
  Matrix gates_;      ///< [T*B, G*H]
  Matrix candidate_;  ///< [T*B, H] gru only
  RecurrentOutput output_;
  Matrix dh_;  ///< [B, H]
  Matrix dc_;  ///< [B, H] lstm only
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
