#include "seqlab/nn/recurrent.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

using Kind = Initializer::Kind;

RecurrentParameters add_recurrent_layer(ParameterStore& store, const std::string& name, Cell cell,
                                        Index input, Index hidden, Index context) {
  const Index gates = gate_count(cell) * hidden;
  RecurrentParameters p;
  p.cell = cell;
  p.w_ih = store.add(name + ".w_ih", gates, input, {Kind::glorot});
  if (context > 0) p.w_context = store.add(name + ".w_context", gates, context, {Kind::glorot});
  p.w_hh = store.add(name + ".w_hh", gates, hidden, {Kind::orthogonal});
  p.bias = store.add(name + ".bias", 1, gates, {Kind::constant, 0.0});
  if (cell == Cell::gru) {
    p.b_candidate = store.add(name + ".b_candidate", 1, hidden, {Kind::constant, 0.0});
  }
  if (cell == Cell::lstm) {
    Real* forget = store.value(p.bias).data + hidden;
    std::fill_n(forget, hidden, Real(1));
  }
  return p;
}

AdditiveAttentionParameters add_additive_attention(ParameterStore& store, const std::string& name,
                                                   Index hidden, Index units) {
  return {store.add(name + ".w_query", units, hidden, {Kind::glorot}),
          store.add(name + ".v", 1, units, {Kind::glorot})};
}

RecurrentState zero_state(Tape& tape, Cell cell, Index batch, Index hidden) {
  RecurrentState state;
  state.h = tape.variable(zeros(batch, hidden));
  if (has_cell_state(cell)) state.c = tape.variable(zeros(batch, hidden));
  return state;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
