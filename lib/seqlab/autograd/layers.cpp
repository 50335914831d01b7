#include "seqlab/autograd/layers.hpp"

#include <numbers>

#include "seqlab/tensor/bf16_products.hpp"
#include "seqlab/tensor/gemm.hpp"
#include "seqlab/tensor/rows.hpp"
#include "seqlab/tensor/simd.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

constexpr Real kNormEpsilon = Real(1e-5);

/// Phi(x), the distribution function of the standard normal.
Simd normal_cdf(Simd x) {
  const Simd half(Real(0.5));
  return half * (Simd(Real(1)) + xsimd::erf(x * Simd(Real(1) / std::numbers::sqrt2_v<Real>)));
}

Simd activation_value(Activation activation, Simd x) {
  switch (activation) {
    case Activation::tanh:
      return tanh(x);
    case Activation::relu:
      return xsimd::max(x, Simd(Real(0)));
    case Activation::gelu:
      return x * normal_cdf(x);
  }
  return x;
}

/// From the input x and the result y.
Simd activation_slope(Activation activation, Simd x, Simd y) {
  const Simd one(Real(1));
  switch (activation) {
    case Activation::tanh:
      return one - y * y;
    case Activation::relu:
      return xsimd::select(x > Simd(Real(0)), one, Simd(Real(0)));
    case Activation::gelu: {
      constexpr Real scale = std::numbers::inv_sqrtpi_v<Real> / std::numbers::sqrt2_v<Real>;
      const Simd density = Simd(scale) * xsimd::exp(Simd(Real(-0.5)) * x * x);
      return normal_cdf(x) + x * density;
    }
  }
  return one;
}

/// What dropout multiplies each element by, in a byte an element.
class DropoutMask {
 public:
  DropoutMask(Random& random, std::size_t size, double rate) : kept_(size) {
    // One draw of 64 bits decides four elements; the rate is kept to 1/65536.
    const auto threshold = static_cast<std::uint64_t>(rate * 65536.0);
    factor_ = static_cast<Real>(1.0 / (1.0 - static_cast<double>(threshold) / 65536.0));
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < size; ++i) {
      if (i % 4 == 0) bits = random.bits();
      kept_[i] = (bits & 0xffff) >= threshold ? 1 : 0;
      bits >>= 16;
    }
  }

  std::size_t size() const { return kept_.size(); }
  Real operator[](std::size_t i) const { return static_cast<Real>(kept_[i]) * factor_; }
  void apply(Real* x) const {
    for (std::size_t i = 0; i < size(); ++i) x[i] *= (*this)[i];
  }

 private:
  PooledVector<std::uint8_t> kept_;
  Real factor_;
};

}  // namespace

Variable embedding(Tape& tape, Parameter table, std::span<const TokenId> tokens, Real factor) {
  const ProfiledOperation operation("embedding");
  const ConstMatrixRef weights = tape.value(table);
  Matrix out = make_matrix(static_cast<Index>(tokens.size()), table.cols);
  MatrixRef rows = ref(out);
  for (Index i = 0; i < rows.rows; ++i) {
    const TokenId token = tokens[static_cast<std::size_t>(i)];
    check(token >= 0 && token < table.rows, "embedding: token {} of {}", token, table.rows);
    const Real* from = weights.row(token);
    Real* to = rows.row(i);
    for (Index c = 0; c < rows.cols; ++c) to[c] = factor * from[c];
  }
  const Variable result = tape.variable(std::move(out));
  tape.on_backward(result, [&tape, table, tokens, factor, result] {
    const MatrixRef from = tape.gradient(result);
    const MatrixRef to = tape.gradient(table);
    for (Index i = 0; i < from.rows; ++i) {
      add_scaled(to.row(tokens[static_cast<std::size_t>(i)]), factor, from.row(i), from.cols);
    }
  });
  return result;
}

Variable linear(Tape& tape, Variable x, Parameter weight, Parameter bias) {
  const ProfiledOperation operation("linear");
  Matrix out = make_matrix(tape.rows(x), weight.rows);
  affine(ref(tape.value(x)), tape.value(weight), bias.exists() ? tape.value(bias).data : nullptr,
         ref(out));
  const Variable result = tape.variable(std::move(out));
  tape.on_backward(result, [&tape, x, weight, bias, result] {
    const ConstMatrixRef gradient = tape.gradient(result);
    const RoundedInput rounded(gradient);
    const GradientSink dx = tape.gradient_sink(x);
    multiply_nn(gradient, tape.value(weight), dx.beta, dx.target);
    multiply_tn(gradient, ref(tape.value(x)), Real(1), tape.gradient(weight));
    if (bias.exists()) add_column_sums(gradient, tape.gradient(bias).data);
  });
  return result;
}

Variable activate(Tape& tape, Activation activation, Variable x) {
  const ProfiledOperation operation("activate");
  const Matrix& in = tape.value(x);
  Matrix out = make_matrix(rows(in), cols(in));
  for_each_register(static_cast<Index>(in.size()), [&](auto load, auto store) {
    store(out.data(), activation_value(activation, load(in.data())));
  });
  const Variable result = tape.variable(std::move(out));
  tape.on_backward(result, [&tape, activation, x, result] {
    const Real* in_values = tape.value(x).data();
    const Real* out_values = tape.value(result).data();
    const Real* from = tape.gradient(result).data;
    Real* to = tape.gradient(x).data;
    for_each_register(static_cast<Index>(tape.value(x).size()), [&](auto load, auto store) {
      const Simd slope = activation_slope(activation, load(in_values), load(out_values));
      store(to, xsimd::fma(load(from), slope, load(to)));
    });
  });
  return result;
}

Variable add(Tape& tape, Variable a, Variable b) {
  const ProfiledOperation operation("add");
  Matrix out = tape.value(a);
  add(ref(out), ref(tape.value(b)));
  const Variable result = tape.variable(std::move(out));
  tape.on_backward(result, [&tape, a, b, result] {
    add(tape.gradient(a), tape.gradient(result));
    add(tape.gradient(b), tape.gradient(result));
  });
  return result;
}

Variable relu_in_place(Tape& tape, Variable x) {
  const ProfiledOperation operation("activate");
  const auto size = static_cast<Index>(tape.value(x).size());
  const Simd zero(Real(0));
  Real* values = tape.mutable_value(x).data;
  for_each_register(
      size, [&](auto load, auto store) { store(values, xsimd::max(load(values), zero)); });
  tape.on_backward_in_place(x, [&tape, x, size] {
    const Simd none(Real(0));
    const Real* results = tape.value(x).data();
    Real* gradient = tape.gradient(x).data;
    for_each_register(size, [&](auto load, auto store) {
      store(gradient, xsimd::select(load(results) > none, load(gradient), none));
    });
  });
  return x;
}

Variable add_in_place(Tape& tape, Variable y, Variable x) {
  const ProfiledOperation operation("add");
  add(tape.mutable_value(y), ref(tape.value(x)));
  tape.on_backward_in_place(y, [&tape, y, x] {
    const GradientSink dx = tape.gradient_sink(x);
    if (dx.beta == Real(0)) {
      copy(tape.gradient(y), dx.target);
    } else {
      add(dx.target, tape.gradient(y));
    }
  });
  return y;
}

Variable dropout(Tape& tape, Variable x, double rate) {
  const ProfiledOperation operation("dropout");
  if (!tape.training() || rate <= 0.0) return x;
  Matrix out = make_matrix(tape.rows(x), tape.cols(x));
  DropoutMask mask(tape.random(), out.size(), rate);
  const Real* in = tape.value(x).data();
  Real* masked = out.data();
  for (std::size_t i = 0; i < mask.size(); ++i) masked[i] = in[i] * mask[i];
  const Variable result = tape.variable(std::move(out));
  tape.on_backward(result, [&tape, x, result, mask = std::move(mask)] {
    const Real* from = tape.gradient(result).data;
    Real* to = tape.gradient(x).data;
    for (std::size_t i = 0; i < mask.size(); ++i) to[i] += from[i] * mask[i];
  });
  return result;
}

Variable dropout_in_place(Tape& tape, Variable x, double rate) {
  const ProfiledOperation operation("dropout");
  if (!tape.training() || rate <= 0.0) return x;
  DropoutMask mask(tape.random(), tape.value(x).size(), rate);
  mask.apply(tape.mutable_value(x).data);
  tape.on_backward_in_place(
      x, [&tape, x, mask = std::move(mask)] { mask.apply(tape.gradient(x).data); });
  return x;
}

Matrix layer_norm_value(const Tape& tape, Variable x, Parameter gain, Parameter bias,
                        Matrix& statistics) {
  const ConstMatrixRef in = ref(tape.value(x));
  const Index width = in.cols;
  const Real* g = tape.value(gain).data;
  const Real* b = tape.value(bias).data;
  Matrix out = make_matrix(in.rows, width);
  statistics = make_matrix(in.rows, 2);
  for (Index r = 0; r < in.rows; ++r) {
    const Real* row = in.row(r);
    const Real mean = sum(row, width) / static_cast<Real>(width);
    Real* y = ref(out).row(r);
    for (Index c = 0; c < width; ++c) y[c] = row[c] - mean;
    const Real variance = dot(y, y, width) / static_cast<Real>(width);
    const Real inverse = Real(1) / std::sqrt(variance + kNormEpsilon);
    for (Index c = 0; c < width; ++c) y[c] = y[c] * inverse * g[c] + b[c];
    statistics(static_cast<std::size_t>(r), 0) = mean;
    statistics(static_cast<std::size_t>(r), 1) = inverse;
  }
  return out;
}

Variable layer_norm(Tape& tape, Variable x, Parameter gain, Parameter bias) {
  const ProfiledOperation operation("layer norm");
  Matrix statistics;
  const Variable result = tape.variable(layer_norm_value(tape, x, gain, bias, statistics));
  tape.on_backward(result, [&tape, x, gain, bias, result, statistics = std::move(statistics)] {
    const ConstMatrixRef input = ref(tape.value(x));
    const ConstMatrixRef gradient = tape.gradient(result);
    const MatrixRef dx = tape.gradient(x);
    const Real* weight = tape.value(gain).data;
    Real* d_gain = tape.gradient(gain).data;
    Real* d_bias = tape.gradient(bias).data;
    const Index n = input.cols;
    Matrix scratch = make_matrix(2, n);
    Real* normal = ref(scratch).row(0);    // the normalised row
    Real* d_normal = ref(scratch).row(1);  // its gradient
    for (Index r = 0; r < input.rows; ++r) {
      const Simd mean(statistics(static_cast<std::size_t>(r), 0));
      const Simd inverse(statistics(static_cast<std::size_t>(r), 1));
      const Real* row = input.row(r);
      const Real* dy = gradient.row(r);
      Simd gradient_sum(Real(0)), projection_sum(Real(0));
      for_each_register(n, [&](auto load, auto store) {
        const Simd d = load(dy), x_normal = (load(row) - mean) * inverse;
        const Simd dx_normal = d * load(weight);
        store(normal, x_normal);
        store(d_normal, dx_normal);
        store(d_gain, xsimd::fma(d, x_normal, load(d_gain)));
        store(d_bias, load(d_bias) + d);
        gradient_sum += dx_normal;
        projection_sum = xsimd::fma(dx_normal, x_normal, projection_sum);
      });
      const Simd mean_gradient(reduce_add(gradient_sum) / static_cast<Real>(n));
      const Simd projection(reduce_add(projection_sum) / static_cast<Real>(n));
      Real* to = dx.row(r);
      for_each_register(n, [&](auto load, auto store) {
        const Simd d = load(d_normal) - mean_gradient - load(normal) * projection;
        store(to, xsimd::fma(inverse, d, load(to)));
      });
    }
  });
  return result;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
