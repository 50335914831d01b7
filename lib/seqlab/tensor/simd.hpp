#pragma once

// Loops over SIMD registers (xsimd). Everything element-wise or along a row goes through these
// few templates; the tail of a row is computed in a padded register, so an element's value does
// not depend on where in the row it stands.

#include <type_traits>
#include <utility>
#include <xsimd/xsimd.hpp>

#include "seqlab/tensor/real.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

using Simd = xsimd::batch<Real>;
inline constexpr Index kLanes = static_cast<Index>(Simd::size);
/// Lanes of the registers that n elements take.
inline Index whole_registers(Index n) { return (n + kLanes - 1) / kLanes * kLanes; }
/// The same as the compiler's own type, whose lanes it can move.
using Register = Real __attribute__((vector_size(kLanes * sizeof(Real))));
/// SIMD registers of the processor.
#ifdef __AVX512F__
inline constexpr Index kRegisterCount = 32;
#else
inline constexpr Index kRegisterCount = 16;
#endif
inline constexpr bool kManyRegisters = kRegisterCount >= 32;
/// Whether the processor multiplies pairs of bfloat16 numbers, with sums in single precision.
#if defined(__AVX512BF16__) && !defined(SEQLAB_DOUBLE)
#define SEQLAB_HAVE_BF16
#endif

#ifdef __AVX512F__
/// The mask of the first `count` < kLanes lanes.
inline auto first_lanes(Index count) {
  using Mask = std::conditional_t<kLanes == 16, __mmask16, __mmask8>;
  return static_cast<Mask>((1U << count) - 1U);
}
#endif

/// A register with `count` < kLanes elements of x and `fill` in the others.
inline Simd load_partial(const Real* x, Index count, Real fill) {
#ifdef __AVX512F__
#ifdef SEQLAB_DOUBLE
  return Simd(_mm512_mask_loadu_pd(Simd(fill), first_lanes(count), x));
#else
  return Simd(_mm512_mask_loadu_ps(Simd(fill), first_lanes(count), x));
#endif
#else
  alignas(64) Real lanes[static_cast<std::size_t>(kLanes)];
  for (Index i = 0; i < kLanes; ++i) lanes[i] = i < count ? x[i] : fill;
  return Simd::load_aligned(lanes);
#endif
}

inline void store_partial(Real* y, Index count, Simd value) {
#ifdef __AVX512F__
#ifdef SEQLAB_DOUBLE
  _mm512_mask_storeu_pd(y, first_lanes(count), value);
#else
  _mm512_mask_storeu_ps(y, first_lanes(count), value);
#endif
#else
  alignas(64) Real lanes[static_cast<std::size_t>(kLanes)];
  value.store_aligned(lanes);
  for (Index i = 0; i < count; ++i) y[i] = lanes[i];
#endif
}

/// Calls f(load, store) along a row of n elements: `load(pointer)` gives a register of the row
/// that `pointer` starts, `store(pointer, register)` writes one.
template <typename Function>
inline void for_each_register(Index n, Function&& f) {
  Index i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    f([i](const Real* x) { return Simd::load_unaligned(x + i); },
      [i](Real* y, Simd value) { value.store_unaligned(y + i); });
  }
  if (i < n) {
    const Index rest = n - i;
    f([i, rest](const Real* x) { return load_partial(x + i, rest, Real(0)); },
      [i, rest](Real* y, Simd value) { store_partial(y + i, rest, value); });
  }
}

/// Reduces a row: `step(accumulator, register)` over the row with four independent accumulators
/// (the addition's latency would bound one), `fill` in the lanes past the end.
template <typename Step>
inline Simd reduce_row(const Real* x, Index n, Simd start, Real fill, Step&& step) {
  Simd a = start, b = start, c = start, d = start;
  Index i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    a = step(a, Simd::load_unaligned(x + i));
    b = step(b, Simd::load_unaligned(x + i + kLanes));
    c = step(c, Simd::load_unaligned(x + i + 2 * kLanes));
    d = step(d, Simd::load_unaligned(x + i + 3 * kLanes));
  }
  for (; i + kLanes <= n; i += kLanes) a = step(a, Simd::load_unaligned(x + i));
  if (i < n) b = step(b, load_partial(x + i, n - i, fill));
  return step(step(a, b), step(c, d));
}

/// Of all lanes: each meets the one `distance` away, then half as far, and so on.
template <Index distance = kLanes / 2, typename Operation>
[[gnu::always_inline]] inline Real reduce(Simd x, Operation&& operation) {
  const auto exchanged = [&]<int... lane>(std::integer_sequence<int, lane...>) {
    const auto lanes = static_cast<Register>(x);
    return Simd(__builtin_shufflevector(lanes, lanes, (lane ^ static_cast<int>(distance))...));
  };
  x = operation(x, exchanged(std::make_integer_sequence<int, static_cast<int>(kLanes)>()));
  if constexpr (distance > 1) return reduce<distance / 2>(x, operation);
  return static_cast<Register>(x)[0];
}
inline Real reduce_add(Simd x) {
  return reduce(x, [](Simd a, Simd b) { return a + b; });
}
inline Real reduce_max(Simd x) {
  return reduce(x, [](Simd a, Simd b) { return xsimd::max(a, b); });
}

/// In single precision x P(x^2) / Q(x^2), with the coefficients whose largest relative error is the
/// smallest on |x| < 8.2, where tanh rounds to 1; within 3 units in the last place. It takes half
/// the time of xsimd's, and attention in the recurrence spends most of its own in it.
inline Simd tanh(Simd x) {
#ifdef SEQLAB_DOUBLE
  return xsimd::tanh(x);
#else
  const Simd end(8.2F);
  x = xsimd::min(end, xsimd::max(-end, x));  // in this order a NaN stays one
  const Simd u = x * x;
  Simd p(-1.0875234903156422e-13F);
  for (const Real coefficient :
       {6.135790486805348e-11F, -2.1894068780170528e-08F, 1.1547375834197737e-05F,
        0.003140665590763092F, 0.13116656243801117F, 1.0F}) {
    p = xsimd::fma(p, u, Simd(coefficient));
  }
  Simd q(0.00026000902289524674F);
  for (const Real coefficient : {0.02464066445827484F, 0.46449989080429077F, 1.0F}) {
    q = xsimd::fma(q, u, Simd(coefficient));
  }
  return x * p / q;
#endif
}

inline Simd sigmoid(Simd x) { return Simd(Real(1)) / (Simd(Real(1)) + xsimd::exp(-x)); }

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
