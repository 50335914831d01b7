#include "seqlab/autograd/recurrent_unroll.hpp"

#include "seqlab/tensor/bf16_products.hpp"
#include "seqlab/tensor/gemm.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

UnrolledCell::UnrolledCell(Tape& tape, const RecurrentParameters& parameters, Variable x,
                           RecurrentState start, std::span<const Index> lengths,
                           Direction direction)
    : tape_(&tape),
      parameters_(parameters),
      x_(x),
      start_(start),
      lengths_(lengths),
      direction_(direction),
      batch_(tape.rows(start.h)),
      steps_(tape.rows(x) / batch_),
      gates_(make_matrix(steps_ * batch_, parameters.w_hh.rows)),
      candidate_(make_matrix(parameters.cell == Cell::gru ? steps_ * batch_ : 0,
                             parameters.hidden())),
      dh_(make_matrix(0, 0)),
      dc_(make_matrix(0, 0)) {
  check(steps_ * batch_ == tape.rows(x), "recurrent: {} rows do not divide into batches of {}",
        tape.rows(x), batch_);
  check(tape.cols(x) == parameters.w_ih.cols, "recurrent: input width {}, expected {}",
        tape.cols(x), parameters.w_ih.cols);
  check(has_cell_state(parameters.cell) == start.c.exists(),
        "recurrent: an lstm, and only an lstm, starts from a cell state");
}

void UnrolledCell::project_inputs() {
  affine(ref(tape_->value(x_)), tape_->value(parameters_.w_ih), tape_->value(parameters_.bias).data,
         ref(gates_));
}

RecurrentOutput UnrolledCell::make_outputs() {
  output_.h = tape_->variable(make_matrix(steps_ * batch_, parameters_.hidden()));
  if (has_cell_state(parameters_.cell)) {
    output_.c = tape_->variable(make_matrix(steps_ * batch_, parameters_.hidden()));
  }
  return output_;
}

CellWeights UnrolledCell::weights() const {
  const Real* b = parameters_.b_candidate.exists() ? tape_->value(parameters_.b_candidate).data
                                                   : nullptr;
  return {tape_->value(parameters_.w_hh), b};
}

ConstMatrixRef UnrolledCell::state_before(Index i, Variable output, Variable start) const {
  if (i == 0) return ref(tape_->value(start));
  return ref(tape_->value(output)).row_block(time(i - 1) * batch_, batch_);
}

ConstMatrixRef UnrolledCell::h_before(Index i) const {
  return state_before(i, output_.h, start_.h);
}

CellStep UnrolledCell::cell_step(Index i) {
  const Index t = time(i);
  CellStep step;
  step.gates = gates(t);
  step.h_before = h_before(i);
  step.h = tape_->mutable_value(output_.h).row_block(t * batch_, batch_);
  if (parameters_.cell == Cell::gru) {
    step.candidate = ref(candidate_).row_block(t * batch_, batch_);
  }
  if (has_cell_state(parameters_.cell)) {
    step.c_before = state_before(i, output_.c, start_.c);
    step.c = tape_->mutable_value(output_.c).row_block(t * batch_, batch_);
  }
  step.step = t;
  step.lengths = lengths_.empty() ? nullptr : lengths_.data();
  return step;
}

void UnrolledCell::forward(Index i) { cell_forward(parameters_.cell, weights(), cell_step(i)); }

void UnrolledCell::begin_backward() {
  dh_ = zeros(batch_, parameters_.hidden());
  if (has_cell_state(parameters_.cell)) dc_ = zeros(batch_, parameters_.hidden());
}

void UnrolledCell::add_output_gradient(Index i) {
  const Index first = time(i) * batch_;
  if (tape_->has_gradient(output_.h)) {
    add(ref(dh_), tape_->gradient(output_.h).row_block(first, batch_));
  }
  if (output_.c.exists() && tape_->has_gradient(output_.c)) {
    add(ref(dc_), tape_->gradient(output_.c).row_block(first, batch_));
  }
  // Somebody who looks at the states wants what flows back through the later steps too.
  if (tape_->is_shown(output_.h)) {
    copy(ref(dh_), tape_->gradient(output_.h).row_block(first, batch_));
  }
}

void UnrolledCell::backward(Index i) {
  cell_backward(parameters_.cell, weights(), cell_step(i), ref(dh_), ref(dc_));
}

void UnrolledCell::add_weight_gradient(ConstMatrixRef gradient, MatrixRef dw) const {
  // The state before all steps but the first is the output shifted by one step.
  const Index shifted = (steps_ - 1) * batch_;
  const bool forward = direction_ == Direction::forward;
  const ConstMatrixRef h = ref(tape_->value(output_.h));
  multiply_tn(gradient.row_block(time(0) * batch_, batch_), ref(tape_->value(start_.h)), Real(1),
              dw);
  if (shifted == 0) return;
  multiply_tn(gradient.row_block(forward ? batch_ : 0, shifted),
              h.row_block(forward ? 0 : batch_, shifted), Real(1), dw);
}

void UnrolledCell::finish_backward() {
  add(tape_->gradient(start_.h), ref(dh_));
  if (start_.c.exists()) add(tape_->gradient(start_.c), ref(dc_));

  const ConstMatrixRef gradient = ref(gates_);
  const RoundedInput rounded(gradient);
  const Index hidden = parameters_.hidden();
  if (parameters_.cell == Cell::gru) {
    const MatrixRef dw = tape_->gradient(parameters_.w_hh);
    add_weight_gradient(gradient.column_block(0, 2 * hidden), dw.row_block(0, 2 * hidden));
    add_weight_gradient(ref(candidate_), dw.row_block(2 * hidden, hidden));
    add_column_sums(ref(candidate_), tape_->gradient(parameters_.b_candidate).data);
  } else {
    add_weight_gradient(gradient, tape_->gradient(parameters_.w_hh));
  }
  add_column_sums(gradient, tape_->gradient(parameters_.bias).data);
  multiply_tn(gradient, ref(tape_->value(x_)), Real(1), tape_->gradient(parameters_.w_ih));
  const GradientSink dx = tape_->gradient_sink(x_);
  multiply_nn(gradient, tape_->value(parameters_.w_ih), dx.beta, dx.target);
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
