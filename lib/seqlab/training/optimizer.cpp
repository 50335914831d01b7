#include "seqlab/training/optimizer.hpp"

#include <array>
#include <cmath>
#include <numeric>

#include "seqlab/tensor/profile.hpp"
#include "seqlab/tensor/simd.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

using Kind = OptimizerOptions::Kind;

void add(const Real* x, Real* sum, Index n) {
  for_each_register(n, [&](auto load, auto store) { store(sum, load(sum) + load(x)); });
}

/// add_pairwise for one block.
void add_pairwise(std::span<const std::span<Real>> gradients, Index begin, Index end) {
  for (std::size_t stride = 1; stride < gradients.size(); stride *= 2) {
    for (std::size_t i = 0; i + stride < gradients.size(); i += 2 * stride) {
      add(gradients[i + stride].data() + begin, gradients[i].data() + begin, end - begin);
    }
  }
}

/// Independent sums, so that the additions can be done side by side.
double sum_of_squares(const Real* x, Index n) {
  constexpr Index kSums = 16;
  std::array<double, kSums> sums{};
  Index i = 0;
  for (; i + kSums <= n; i += kSums) {
    for (Index j = 0; j < kSums; ++j) {
      const double value = x[i + j];
      sums[static_cast<std::size_t>(j)] += value * value;
    }
  }
  double total = std::accumulate(sums.begin(), sums.end(), 0.0);
  for (; i < n; ++i) total += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  return total;
}

struct AdamStep {
  Simd gradient_scale;
  Simd decay;   // adds decay * value to the gradient
  Simd shrink;  // multiplies the value first
  Simd beta1, beta2;
  Simd gain1, gain2;  // 1 - beta
  Simd size;          // learning rate / (1 - beta1^t)
  Simd correction;    // sqrt(1 - beta2^t)
  Simd epsilon;

  void operator()(Real* value, const Real* gradient, Real* first, Real* second, Index n) const {
    for_each_register(n, [&](auto load, auto store) {
      const Simd x = load(value);
      const Simd g = load(gradient) * gradient_scale + decay * x;
      const Simd m = beta1 * load(first) + gain1 * g;
      const Simd v = beta2 * load(second) + gain2 * g * g;
      store(first, m);
      store(second, v);
      store(value, x * shrink - size * (m / (xsimd::sqrt(v) / correction + epsilon)));
    });
  }
};

struct SgdStep {
  Simd gradient_scale;
  Simd decay;
  Simd momentum;
  Simd learning_rate;

  void with_momentum(Real* value, const Real* gradient, Real* buffer, Index n) const {
    for_each_register(n, [&](auto load, auto store) {
      const Simd x = load(value);
      const Simd m = momentum * load(buffer) + (load(gradient) * gradient_scale + decay * x);
      store(buffer, m);
      store(value, x - learning_rate * m);
    });
  }
  void plain(Real* value, const Real* gradient, Index n) const {
    for_each_register(n, [&](auto load, auto store) {
      const Simd x = load(value);
      store(value, x - learning_rate * (load(gradient) * gradient_scale + decay * x));
    });
  }
};

Simd broadcast(double value) { return Simd(static_cast<Real>(value)); }

}  // namespace

void add_pairwise(std::span<const std::span<Real>> gradients, Workers& workers) {
  if (gradients.size() == 1) return;
  workers.run_blocks(static_cast<Index>(gradients[0].size()),
                     [&](Index, Index begin, Index end) { add_pairwise(gradients, begin, end); });
}

double sum_gradients(std::span<const std::span<Real>> gradients, Workers& workers) {
  const ProfiledOperation operation("sum and norm of gradients");
  const auto size = static_cast<Index>(gradients[0].size());
  PooledVector<double> squares(static_cast<std::size_t>(Workers::blocks(size)));
  workers.run_blocks(size, [&](Index block, Index begin, Index end) {
    add_pairwise(gradients, begin, end);
    squares[static_cast<std::size_t>(block)] =
        sum_of_squares(gradients[0].data() + begin, end - begin);
  });
  return std::sqrt(std::accumulate(squares.begin(), squares.end(), 0.0));
}

Optimizer::Optimizer(const OptimizerOptions& options, std::size_t size) : options_(options) {
  const bool adam = options.optimizer != Kind::sgd;
  if (adam || options.momentum > 0) first_.assign(size, Real(0));
  if (adam) second_.assign(size, Real(0));
}

void Optimizer::step(std::span<Real> values, std::span<const Real> gradient, double learning_rate,
                     double gradient_scale, Workers& workers) {
  check(values.size() == gradient.size(), "optimizer: {} values but {} gradients", values.size(),
        gradient.size());
  check(first_.empty() || first_.size() == values.size(), "optimizer: {} moments but {} values",
        first_.size(), values.size());
  ++steps_;
  const ProfiledOperation operation("optimizer step");
  const auto size = static_cast<Index>(values.size());
  const OptimizerOptions& o = options_;

  if (o.optimizer == Kind::sgd) {
    const SgdStep sgd{broadcast(gradient_scale), broadcast(o.weight_decay), broadcast(o.momentum),
                      broadcast(learning_rate)};
    workers.run_blocks(size, [&](Index, Index begin, Index end) {
      if (first_.empty()) {
        sgd.plain(values.data() + begin, gradient.data() + begin, end - begin);
      } else {
        sgd.with_momentum(values.data() + begin, gradient.data() + begin, first_.data() + begin,
                          end - begin);
      }
    });
    return;
  }

  const bool decoupled = o.optimizer == Kind::adamw;
  const double t = static_cast<double>(steps_);
  const AdamStep adam{.gradient_scale = broadcast(gradient_scale),
                      .decay = broadcast(decoupled ? 0.0 : o.weight_decay),
                      .shrink = broadcast(decoupled ? 1.0 - learning_rate * o.weight_decay : 1.0),
                      .beta1 = broadcast(o.beta1),
                      .beta2 = broadcast(o.beta2),
                      .gain1 = broadcast(1.0 - o.beta1),
                      .gain2 = broadcast(1.0 - o.beta2),
                      .size = broadcast(learning_rate / (1.0 - std::pow(o.beta1, t))),
                      .correction = broadcast(std::sqrt(1.0 - std::pow(o.beta2, t))),
                      .epsilon = broadcast(o.epsilon)};
  workers.run_blocks(size, [&](Index, Index begin, Index end) {
    adam(values.data() + begin, gradient.data() + begin, first_.data() + begin,
         second_.data() + begin, end - begin);
  });
}

std::vector<Optimizer::Moment> Optimizer::moments() {
  std::vector<Moment> moments;
  if (options_.optimizer == Kind::sgd) {
    if (!first_.empty()) moments.push_back({"momentum", first_});
  } else {
    moments.push_back({"first_moment", first_});
    moments.push_back({"second_moment", second_});
  }
  return moments;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
