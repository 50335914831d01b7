#include "seqlab/autograd/swiglu.hpp"

#include "seqlab/tensor/simd.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

Variable swiglu(Tape& tape, Variable gate, Variable x) {
  const ProfiledOperation operation("swiglu");
  const Matrix& g = tape.value(gate);
  const Matrix& in = tape.value(x);
  check(g.shape() == in.shape(), "swiglu: gate [{}, {}], x [{}, {}]", rows(g), cols(g), rows(in),
        cols(in));
  Matrix out = make_matrix(rows(g), cols(g));
  for_each_register(static_cast<Index>(g.size()), [&](auto load, auto store) {
    const Simd gate_value = load(g.data());
    store(out.data(), gate_value * sigmoid(gate_value) * load(in.data()));
  });
  const Variable result = tape.variable(std::move(out));
  tape.on_backward(result, [&tape, gate, x, result] {
    const Real* gates = tape.value(gate).data();
    const Real* inputs = tape.value(x).data();
    const Real* from = tape.gradient(result).data;
    Real* d_gate = tape.gradient(gate).data;
    Real* dx = tape.gradient(x).data;
    for_each_register(static_cast<Index>(tape.value(x).size()), [&](auto load, auto store) {
      const Simd value = load(gates);
      const Simd s = sigmoid(value);
      const Simd silu = value * s;
      const Simd gradient = load(from);
      store(dx, xsimd::fma(gradient, silu, load(dx)));
      // silu'(g) = s + g s (1 - s) = s + silu - silu s
      store(d_gate, xsimd::fma(gradient * load(inputs), s + silu - silu * s, load(d_gate)));
    });
  });
  return result;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
