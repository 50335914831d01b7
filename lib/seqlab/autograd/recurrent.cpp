#include "seqlab/autograd/recurrent.hpp"

#include "seqlab/autograd/recurrent_unroll.hpp"
#include "seqlab/tensor/gemm.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// Adds the context's part of the gates, the same at every step.
void add_context(Tape& tape, const RecurrentParameters& parameters, Variable context,
                 UnrolledCell& cell) {
  Matrix part = make_matrix(cell.batch(), parameters.w_context.rows);
  multiply_nt(ref(tape.value(context)), tape.value(parameters.w_context), Real(0), ref(part));
  for (Index t = 0; t < cell.steps(); ++t) add(cell.gates(t), ref(part));
}

void add_context_gradient(Tape& tape, const RecurrentParameters& parameters, Variable context,
                          UnrolledCell& cell) {
  Matrix sum = zeros(cell.batch(), parameters.w_context.rows);
  for (Index t = 0; t < cell.steps(); ++t) add(ref(sum), cell.gates(t));
  multiply_nn(ref(sum), tape.value(parameters.w_context), Real(1), tape.gradient(context));
  multiply_tn(ref(sum), ref(tape.value(context)), Real(1), tape.gradient(parameters.w_context));
}

}  // namespace

RecurrentOutput recurrent_sequence(Tape& tape, const RecurrentParameters& parameters, Variable x,
                                   Variable context, RecurrentState start,
                                   std::span<const Index> lengths, Direction direction) {
  const ProfiledOperation operation("recurrent sequence");
  UnrolledCell cell(tape, parameters, x, start, lengths, direction);
  cell.project_inputs();
  if (context.exists()) add_context(tape, parameters, context, cell);
  const RecurrentOutput output = cell.make_outputs();
  for (Index i = 0; i < cell.steps(); ++i) cell.forward(i);

  tape.on_backward({output.h, output.c, Variable{}},
                   [&tape, parameters, context, cell = std::move(cell)]() mutable {
                     cell.begin_backward();
                     for (Index i = cell.steps(); i-- > 0;) {
                       cell.add_output_gradient(i);
                       cell.backward(i);
                     }
                     if (context.exists()) add_context_gradient(tape, parameters, context, cell);
                     cell.finish_backward();
                   });
  return output;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
