#include "seqlab/tensor/rows.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "seqlab/tensor/simd.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

Real max_value(const Real* x, Index n) {
  constexpr Real lowest = -std::numeric_limits<Real>::infinity();
  return reduce_max(
      reduce_row(x, n, Simd(lowest), lowest, [](Simd a, Simd b) { return xsimd::max(a, b); }));
}

Index argmax(const Real* x, Index n) {
  const Real best = max_value(x, n);
  for (Index i = 0; i < n; ++i) {
    if (x[i] == best) return i;
  }
  return 0;  // every value is NaN
}

Real sum(const Real* x, Index n) {
  return reduce_add(reduce_row(x, n, Simd(Real(0)), Real(0), [](Simd a, Simd b) { return a + b; }));
}

Real dot(const Real* a, const Real* b, Index n) {
  Simd s0(Real(0)), s1(Real(0));
  Index i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    s0 = xsimd::fma(Simd::load_unaligned(a + i), Simd::load_unaligned(b + i), s0);
    s1 = xsimd::fma(Simd::load_unaligned(a + i + kLanes), Simd::load_unaligned(b + i + kLanes), s1);
  }
  for (; i + kLanes <= n; i += kLanes) {
    s0 = xsimd::fma(Simd::load_unaligned(a + i), Simd::load_unaligned(b + i), s0);
  }
  if (i < n) {
    s1 = xsimd::fma(load_partial(a + i, n - i, Real(0)), load_partial(b + i, n - i, Real(0)), s1);
  }
  return reduce_add(s0 + s1);
}

void dots(Real* results, const Real* x, const Real* rows, Index count, Index stride, Index n) {
  Index j = 0;
  for (; j + 4 <= count; j += 4) {  // four, since an addition waits for the one before
    const Real* row = rows + j * stride;
    Simd s0(Real(0)), s1(Real(0)), s2(Real(0)), s3(Real(0));
    for_each_register(n, [&](auto load, auto) {
      const Simd factor = load(x);
      s0 = xsimd::fma(factor, load(row), s0);
      s1 = xsimd::fma(factor, load(row + stride), s1);
      s2 = xsimd::fma(factor, load(row + 2 * stride), s2);
      s3 = xsimd::fma(factor, load(row + 3 * stride), s3);
    });
    results[j] = reduce_add(s0);
    results[j + 1] = reduce_add(s1);
    results[j + 2] = reduce_add(s2);
    results[j + 3] = reduce_add(s3);
  }
  for (; j < count; ++j) results[j] = dot(x, rows + j * stride, n);
}

Real sum_exp(const Real* x, Index n, Real shift) {
  const Simd offset(shift);
  Simd total0(Real(0)), total1(Real(0));
  Index i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    total0 += xsimd::exp(Simd::load_unaligned(x + i) - offset);
    total1 += xsimd::exp(Simd::load_unaligned(x + i + kLanes) - offset);
  }
  for (; i + kLanes <= n; i += kLanes) {
    total0 += xsimd::exp(Simd::load_unaligned(x + i) - offset);
  }
  Real tail = 0;
  if (i < n) {
    alignas(64) Real lanes[static_cast<std::size_t>(kLanes)];
    xsimd::exp(load_partial(x + i, n - i, shift) - offset).store_aligned(lanes);
    for (Index j = 0; j < n - i; ++j) tail += lanes[j];
  }
  return reduce_add(total0 + total1) + tail;
}

Real exp_and_sum(Real* x, Index n, Real shift) {
  const Simd offset(shift);
  Simd total(Real(0));
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Simd e = xsimd::exp(Simd::load_unaligned(x + i) - offset);
    e.store_unaligned(x + i);
    total += e;
  }
  Real tail = 0;
  if (i < n) {
    store_partial(x + i, n - i, xsimd::exp(load_partial(x + i, n - i, shift) - offset));
    for (Index j = i; j < n; ++j) tail += x[j];
  }
  return reduce_add(total) + tail;
}

void add_scaled(Real* y, Real a, const Real* x, Index n) {
  const Simd factor(a);
  for_each_register(n,
                    [&](auto load, auto store) { store(y, xsimd::fma(factor, load(x), load(y))); });
}

void add_weighted_sum(Real* y, const Real* weights, const Real* rows, Index count, Index stride,
                      Index n) {
  for_each_register(n, [&](auto load, auto store) {
    Simd even = load(y), odd(Real(0));  // two, since an addition waits for the one before
    Index j = 0;
    for (; j + 2 <= count; j += 2) {
      even = xsimd::fma(Simd(weights[j]), load(rows + j * stride), even);
      odd = xsimd::fma(Simd(weights[j + 1]), load(rows + (j + 1) * stride), odd);
    }
    if (j < count) even = xsimd::fma(Simd(weights[j]), load(rows + j * stride), even);
    store(y, even + odd);
  });
}

void scale(Real* x, Real a, Index n) {
  const Simd factor(a);
  for_each_register(n, [&](auto load, auto store) { store(x, factor * load(x)); });
}

void subtract_distances(Real* scores, Index n, Index t, Real slope) {
  for (Index j = 0; j < n; ++j) scores[j] -= slope * static_cast<Real>(std::abs(t - j));
}

namespace {

/// A row of kRegisters registers, the last one perhaps in part, never leaves them.
template <std::size_t kRegisters>
void softmax_in_registers(Real* x, Index n) {
  constexpr Real lowest = -std::numeric_limits<Real>::infinity();
  constexpr Index kLast = static_cast<Index>(kRegisters - 1) * kLanes;
  const Index rest = n - kLast;
  std::array<Simd, kRegisters> e;
  for (std::size_t r = 0; r + 1 < kRegisters; ++r) {
    e[r] = Simd::load_unaligned(x + static_cast<Index>(r) * kLanes);
  }
  e.back() =
      rest == kLanes ? Simd::load_unaligned(x + kLast) : load_partial(x + kLast, rest, lowest);
  Simd largest = e[0];
  for (std::size_t r = 1; r < kRegisters; ++r) largest = xsimd::max(largest, e[r]);
  const Simd shift(reduce_max(largest));
  Simd total(Real(0));
  for (Simd& value : e) {
    value = xsimd::exp(value - shift);
    total += value;
  }
  const Simd factor(Real(1) / reduce_add(total));
  for (std::size_t r = 0; r + 1 < kRegisters; ++r) {
    (factor * e[r]).store_unaligned(x + static_cast<Index>(r) * kLanes);
  }
  if (rest == kLanes) {
    (factor * e.back()).store_unaligned(x + kLast);
  } else {
    store_partial(x + kLast, rest, factor * e.back());
  }
}

}  // namespace

void softmax(Real* x, Index n) {
  if (n == 0) return;
  // Attention has many short rows.
  if (n <= kLanes) return softmax_in_registers<1>(x, n);
  if (n <= 2 * kLanes) return softmax_in_registers<2>(x, n);
  if (n <= 3 * kLanes) return softmax_in_registers<3>(x, n);
  if (n <= 4 * kLanes) return softmax_in_registers<4>(x, n);
  const Real total = exp_and_sum(x, n, max_value(x, n));
  scale(x, Real(1) / total, n);
}

void softmax_backward(const Real* weights, Real* gradient, Index n) {
  const Simd mean(dot(weights, gradient, n));
  for_each_register(
      n, [&](auto load, auto store) { store(gradient, load(weights) * (load(gradient) - mean)); });
}

void add(MatrixRef m, ConstMatrixRef a) {
  check(m.rows == a.rows && m.cols == a.cols, "add: [{}, {}] += [{}, {}]", m.rows, m.cols, a.rows,
        a.cols);
  for (Index r = 0; r < m.rows; ++r) {
    Real* y = m.row(r);
    const Real* x = a.row(r);
    for (Index c = 0; c < m.cols; ++c) y[c] += x[c];
  }
}

void copy(ConstMatrixRef from, MatrixRef to) {
  check(to.rows == from.rows && to.cols == from.cols, "copy: [{}, {}] to [{}, {}]", from.rows,
        from.cols, to.rows, to.cols);
  for (Index r = 0; r < from.rows; ++r) {  // short ones: memmove would take longer
    const Real* x = from.row(r);
    Real* y = to.row(r);
    for_each_register(from.cols, [&](auto load, auto store) { store(y, load(x)); });
  }
}

void gather_rows(ConstMatrixRef from, std::span<const Index> places, MatrixRef to) {
  check(to.rows == static_cast<Index>(places.size()) && to.cols == from.cols,
        "gather: {} rows of {} to [{}, {}]", places.size(), from.cols, to.rows, to.cols);
  for (Index r = 0; r < to.rows; ++r) {
    std::copy_n(from.row(places[static_cast<std::size_t>(r)]), to.cols, to.row(r));
  }
}

void fill_rows(MatrixRef m, const Real* values) {
  for (Index r = 0; r < m.rows; ++r) std::copy_n(values, m.cols, m.row(r));
}

void add_to_rows(MatrixRef m, const Real* values) {
  for (Index r = 0; r < m.rows; ++r) {
    Real* y = m.row(r);
    for (Index c = 0; c < m.cols; ++c) y[c] += values[c];
  }
}

void add_column_sums(ConstMatrixRef m, Real* sums) {
  for (Index r = 0; r < m.rows; ++r) {
    const Real* x = m.row(r);
    for (Index c = 0; c < m.cols; ++c) sums[c] += x[c];
  }
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
