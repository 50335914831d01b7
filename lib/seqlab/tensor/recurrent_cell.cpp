#include "seqlab/tensor/recurrent_cell.hpp"

#include <algorithm>

#include "seqlab/tensor/gemm.hpp"
#include "seqlab/tensor/rows.hpp"
#include "seqlab/tensor/simd.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

const Simd kOne(Real(1));

void rnn_row(const Real* gates, Real* h, Index hidden) {
  for_each_register(hidden, [&](auto load, auto store) { store(h, tanh(load(gates))); });
}

void lstm_row(Real* gates, const Real* c_before, Real* h, Real* c, Index hidden) {
  Real *gi = gates, *gf = gates + hidden, *gu = gates + 2 * hidden, *go = gates + 3 * hidden;
  for_each_register(hidden, [&](auto load, auto store) {
    const Simd i = sigmoid(load(gi)), f = sigmoid(load(gf));
    const Simd u = tanh(load(gu)), o = sigmoid(load(go));
    const Simd cell = xsimd::fma(f, load(c_before), i * u);
    store(gi, i);
    store(gf, f);
    store(gu, u);
    store(go, o);
    store(c, cell);
    store(h, o * tanh(cell));
  });
}

void gru_row(Real* gates, const Real* candidate, const Real* h_before, Real* h, Index hidden) {
  Real *gr = gates, *gz = gates + hidden, *gn = gates + 2 * hidden;
  for_each_register(hidden, [&](auto load, auto store) {
    const Simd r = sigmoid(load(gr)), z = sigmoid(load(gz));
    const Simd n = tanh(xsimd::fma(r, load(candidate), load(gn)));
    store(gr, r);
    store(gz, z);
    store(gn, n);
    store(h, xsimd::fma(z, load(h_before) - n, n));
  });
}

/// gates <- d gates, dh <- the part of d h_before that does not pass through W.
void rnn_row_backward(Real* gates, const Real* h, Real* dh, Index hidden) {
  for_each_register(hidden, [&](auto load, auto store) {
    const Simd y = load(h);
    store(gates, load(dh) * (kOne - y * y));
    store(dh, Simd(Real(0)));
  });
}

void lstm_row_backward(Real* gates, const Real* c_before, const Real* c, Real* dh, Real* dc,
                       Index hidden) {
  Real *gi = gates, *gf = gates + hidden, *gu = gates + 2 * hidden, *go = gates + 3 * hidden;
  for_each_register(hidden, [&](auto load, auto store) {
    const Simd i = load(gi), f = load(gf), u = load(gu), o = load(go);
    const Simd t = tanh(load(c)), g = load(dh);
    const Simd d_cell = xsimd::fma(g * o, kOne - t * t, load(dc));
    store(gi, d_cell * u * i * (kOne - i));
    store(gf, d_cell * load(c_before) * f * (kOne - f));
    store(gu, d_cell * i * (kOne - u * u));
    store(go, g * t * o * (kOne - o));
    store(dc, d_cell * f);
    store(dh, Simd(Real(0)));
  });
}

void gru_row_backward(Real* gates, Real* candidate, const Real* h_before, Real* dh, Index hidden) {
  Real *gr = gates, *gz = gates + hidden, *gn = gates + 2 * hidden;
  for_each_register(hidden, [&](auto load, auto store) {
    const Simd r = load(gr), z = load(gz), n = load(gn), g = load(dh);
    const Simd dn = g * (kOne - z) * (kOne - n * n);
    store(gz, g * (load(h_before) - n) * z * (kOne - z));
    store(gr, dn * load(candidate) * r * (kOne - r));
    store(gn, dn);
    store(candidate, dn * r);
    store(dh, g * z);
  });
}

/// The recurrent products: into the gates and, for the gru, into the candidate.
void recurrent_products(Cell cell, const CellWeights& weights, const CellStep& step) {
  if (cell != Cell::gru) {
    multiply_nt(step.h_before, weights.w_hh, Real(1), step.gates);
    return;
  }
  const Index hidden = step.h.cols;
  multiply_nt(step.h_before, weights.w_hh.row_block(0, 2 * hidden), Real(1),
              step.gates.column_block(0, 2 * hidden));
  affine(step.h_before, weights.w_hh.row_block(2 * hidden, hidden), weights.b_candidate,
         step.candidate);
}

}  // namespace

Index gate_count(Cell cell) {
  switch (cell) {
    case Cell::rnn:
      return 1;
    case Cell::lstm:
      return 4;
    case Cell::gru:
      return 3;
  }
  return 0;
}

void cell_forward(Cell cell, const CellWeights& weights, const CellStep& step) {
  recurrent_products(cell, weights, step);
  const Index hidden = step.h.cols;
  for (Index b = 0; b < step.h.rows; ++b) {
    if (step.ended(b)) {
      std::copy_n(step.h_before.row(b), hidden, step.h.row(b));
      if (has_cell_state(cell)) std::copy_n(step.c_before.row(b), hidden, step.c.row(b));
      continue;
    }
    Real* gates = step.gates.row(b);
    switch (cell) {
      case Cell::rnn:
        rnn_row(gates, step.h.row(b), hidden);
        break;
      case Cell::lstm:
        lstm_row(gates, step.c_before.row(b), step.h.row(b), step.c.row(b), hidden);
        break;
      case Cell::gru:
        gru_row(gates, step.candidate.row(b), step.h_before.row(b), step.h.row(b), hidden);
        break;
    }
  }
}

void cell_backward(Cell cell, const CellWeights& weights, const CellStep& step, MatrixRef dh,
                   MatrixRef dc) {
  const Index hidden = step.h.cols;
  for (Index b = 0; b < step.h.rows; ++b) {
    Real* gates = step.gates.row(b);
    if (step.ended(b)) {  // the state passed through: dh and dc stay as they are
      std::fill_n(gates, step.gates.cols, Real(0));
      if (cell == Cell::gru) std::fill_n(step.candidate.row(b), hidden, Real(0));
      continue;
    }
    switch (cell) {
      case Cell::rnn:
        rnn_row_backward(gates, step.h.row(b), dh.row(b), hidden);
        break;
      case Cell::lstm:
        lstm_row_backward(gates, step.c_before.row(b), step.c.row(b), dh.row(b), dc.row(b), hidden);
        break;
      case Cell::gru:
        gru_row_backward(gates, step.candidate.row(b), step.h_before.row(b), dh.row(b), hidden);
        break;
    }
  }
  if (cell != Cell::gru) {
    multiply_nn(step.gates, weights.w_hh, Real(1), dh);
    return;
  }
  multiply_nn(step.gates.column_block(0, 2 * hidden), weights.w_hh.row_block(0, 2 * hidden),
              Real(1), dh);
  multiply_nn(step.candidate, weights.w_hh.row_block(2 * hidden, hidden), Real(1), dh);
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
