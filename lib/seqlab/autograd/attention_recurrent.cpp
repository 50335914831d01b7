#include "seqlab/autograd/recurrent.hpp"
#include "seqlab/autograd/recurrent_unroll.hpp"
#include "seqlab/tensor/additive_attention.hpp"
#include "seqlab/tensor/gemm.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// Attention inside an unrolled cell.
class AttentionInside {
 public:
  AttentionInside(Tape& tape, const RecurrentParameters& parameters,
                  const AdditiveAttentionParameters& attention, const AttentionMemory& memory,
                  Index rows, Index batch)
      : tape_(&tape),
        parameters_(parameters),
        attention_(attention),
        memory_(memory),
        batch_(batch),
        queries_(make_matrix(rows, attention.w_query.rows)),
        contexts_(tape.variable(make_matrix(rows, tape.cols(memory.values)))) {}

  Index source_steps() const {
    return tape_->rows(memory_.keys) / static_cast<Index>(memory_.lengths.size());
  }
  Variable contexts() const { return contexts_; }

  /// Attends with the state before step t and adds the context's part to the gates.
  void forward(Index t, ConstMatrixRef h_before, MatrixRef gates, MatrixRef weights) {
    multiply_nt(h_before, tape_->value(attention_.w_query), Real(0), query(t));
    const MatrixRef context = block(tape_->mutable_value(contexts_), t);
    additive_attention_forward(step(t), block(weights, t), context);
    multiply_nt(context, tape_->value(parameters_.w_context), Real(1), gates);
  }

  /// From the gradient of the gates of step t; adds to dh, the gradient of the state before it.
  void backward(Index t, ConstMatrixRef d_gates, ConstMatrixRef weights, MatrixRef dh) {
    const MatrixRef d_context = block(tape_->gradient(contexts_), t);
    multiply_nn(d_gates, tape_->value(parameters_.w_context), Real(1), d_context);
    additive_attention_backward(step(t), block(weights, t), d_context, ref(d_query_),
                                tape_->gradient(memory_.keys), tape_->gradient(attention_.v).data);
    copy(ref(d_query_), query(t));  // not read again: it becomes its gradient
    multiply_nn(query(t), tape_->value(attention_.w_query), Real(1), dh);
  }
  void begin_backward() { d_query_ = make_matrix(batch_, attention_.w_query.rows); }

  /// Gradients of values and weights over all steps.
  void finish_backward(UnrolledCell& cell, ConstMatrixRef weights) {
    const ConstMatrixRef d_contexts = tape_->gradient(contexts_);
    const AdditiveAttentionStep any = step(0);
    for (Index b = 0; b < batch_; ++b) {
      const MatrixRef d_values = any.sentence(tape_->gradient(memory_.values), b);
      multiply_tn(weights.sentence(b, batch_).column_block(0, d_values.rows),
                  d_contexts.sentence(b, batch_), Real(1), d_values);
    }
    cell.add_weight_gradient(ref(queries_), tape_->gradient(attention_.w_query));
    multiply_tn(cell.all_gates(), ref(tape_->value(contexts_)), Real(1),
                tape_->gradient(parameters_.w_context));
  }

 private:
  template <typename Ref>
  Ref block(Ref m, Index t) const {
    return m.row_block(t * batch_, batch_);
  }
  MatrixRef query(Index t) { return block(ref(queries_), t); }
  AdditiveAttentionStep step(Index t) {
    return {query(t),
            ref(tape_->value(memory_.keys)),
            ref(tape_->value(memory_.values)),
            tape_->value(attention_.v).data,
            memory_.lengths,
            memory_.source_rows};
  }

  Tape* tape_;
  RecurrentParameters parameters_;
  AdditiveAttentionParameters attention_;
  AttentionMemory memory_;
  Index batch_;
  Matrix queries_;  ///< [T*B, A]
  Variable contexts_;
  Matrix d_query_ = make_matrix(0, 0);  ///< [B, A]
};

}  // namespace

AttentionRecurrentOutput attention_recurrent_sequence(Tape& tape,
                                                      const RecurrentParameters& parameters,
                                                      const AdditiveAttentionParameters& attention,
                                                      Variable x, const AttentionMemory& memory,
                                                      RecurrentState start,
                                                      std::span<const Index> lengths) {
  const ProfiledOperation operation("attention recurrent sequence");
  check(memory.source_rows.empty() || !tape.training(),
        "attention: source rows are for evaluation");
  UnrolledCell cell(tape, parameters, x, start, lengths, Direction::forward);
  cell.project_inputs();
  AttentionInside inside(tape, parameters, attention, memory, tape.rows(x), cell.batch());
  const Variable weights = tape.variable(make_matrix(tape.rows(x), inside.source_steps()));
  const RecurrentOutput output = cell.make_outputs();
  const Variable contexts = inside.contexts();
  for (Index t = 0; t < cell.steps(); ++t) {
    inside.forward(t, cell.h_before(t), cell.gates(t), tape.mutable_value(weights));
    cell.forward(t);
  }

  tape.on_backward({output.h, output.c, contexts},
                   [&tape, weights, cell = std::move(cell), inside = std::move(inside)]() mutable {
                     const ConstMatrixRef w = ref(tape.value(weights));
                     cell.begin_backward();
                     inside.begin_backward();
                     for (Index t = cell.steps(); t-- > 0;) {
                       cell.add_output_gradient(t);
                       cell.backward(t);
                       inside.backward(t, cell.gates(t), w, cell.dh());
                     }
                     inside.finish_backward(cell, w);
                     cell.finish_backward();
                   });
  return {output.h, output.c, contexts, weights};
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
