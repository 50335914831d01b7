#include "seqlab/tensor/additive_attention.hpp"

#include <algorithm>

#include "seqlab/tensor/flops.hpp"
#include "seqlab/tensor/rows.hpp"
#include "seqlab/tensor/simd.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// v . tanh(query + key)
Real energy(const Real* query, const Real* key, const Real* v, Index n) {
  Simd total(Real(0));
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Simd t = tanh(Simd::load_unaligned(query + i) + Simd::load_unaligned(key + i));
    total = xsimd::fma(t, Simd::load_unaligned(v + i), total);
  }
  if (i < n) {
    const Simd t =
        tanh(load_partial(query + i, n - i, Real(0)) + load_partial(key + i, n - i, Real(0)));
    total = xsimd::fma(t, load_partial(v + i, n - i, Real(0)), total);
  }
  return reduce_add(total);
}

/// The gradient of energy() times d; tanh is computed again, which is cheaper than keeping it.
void energy_backward(Real d, const Real* query, const Real* key, const Real* v, Index n,
                     Real* d_query, Real* d_key, Real* d_v) {
  const Simd factor(d), one(Real(1));
  for_each_register(n, [&](auto load, auto store) {
    const Simd t = tanh(load(query) + load(key));
    const Simd inner = factor * load(v) * (one - t * t);
    store(d_query, load(d_query) + inner);
    store(d_key, load(d_key) + inner);
    store(d_v, xsimd::fma(factor, t, load(d_v)));
  });
}

}  // namespace

void additive_attention_forward(const AdditiveAttentionStep& step, MatrixRef weights,
                                MatrixRef context) {
  for (Index r = 0; r < step.query.rows; ++r) {
    const Index b = step.source_of(r);
    const ConstMatrixRef keys = step.sentence(step.keys, b);
    const ConstMatrixRef values = step.sentence(step.values, b);
    const Index length = keys.rows;
    counted_flops += 2.0 * static_cast<double>(length * (keys.cols + values.cols));
    Real* w = weights.row(r);
    for (Index j = 0; j < length; ++j) {
      w[j] = energy(step.query.row(r), keys.row(j), step.v, keys.cols);
    }
    softmax(w, length);
    std::fill(w + length, w + weights.cols, Real(0));
    Real* out = context.row(r);
    std::fill_n(out, context.cols, Real(0));
    add_weighted_sum(out, w, values.data, length, values.stride, context.cols);
  }
}

void additive_attention_backward(const AdditiveAttentionStep& step, ConstMatrixRef weights,
                                 ConstMatrixRef d_context, MatrixRef d_query, MatrixRef d_keys,
                                 Real* d_v) {
  Matrix d_energies = make_matrix(1, weights.cols);
  Real* d_energy = d_energies.data();
  for (Index r = 0; r < step.query.rows; ++r) {
    const Index b = step.source_of(r);
    const ConstMatrixRef keys = step.sentence(step.keys, b);
    const ConstMatrixRef values = step.sentence(step.values, b);
    const Index length = keys.rows;
    counted_flops += 2.0 * static_cast<double>(length * (2 * keys.cols + values.cols));
    dots(d_energy, d_context.row(r), values.data, length, values.stride, values.cols);
    softmax_backward(weights.row(r), d_energy, length);
    std::fill_n(d_query.row(r), d_query.cols, Real(0));
    const MatrixRef d_keys_of_b = step.sentence(d_keys, b);
    for (Index j = 0; j < length; ++j) {
      energy_backward(d_energy[j], step.query.row(r), keys.row(j), step.v, keys.cols,
                      d_query.row(r), d_keys_of_b.row(j), d_v);
    }
  }
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
