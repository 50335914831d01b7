#pragma once

// Optimizers on flat buffers. A step is one pass over value, gradient and moments in which the
// gradient is also scaled, so that clipping costs nothing. With g the scaled gradient, r the
// learning rate, d the weight decay, t the number of the step:
//   adam   g += d x;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2
//          x -= r / (1 - b1^t) * m / (sqrt(v / (1 - b2^t)) + eps)           (Kingma and Ba 2015)
//   adamw  x *= 1 - r d, then adam without the penalty            (Loshchilov and Hutter 2019)
//   sgd    g += d x;  m = momentum m + g;  x -= r m

#include <span>
#include <string>
#include <vector>

#include "seqlab/nn/parameters.hpp"
#include "seqlab/training/options.hpp"
#include "seqlab/tensor/workers.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Adds gradients[1], gradients[2], ... (all of one size) to gradients[0] in this order and returns
/// the Euclidean norm of the sum, accumulated in double precision. Same bits for any number of
/// threads.
double sum_gradients(std::span<const std::span<Real>> gradients, Workers& workers);

class Optimizer {
 public:
  /// For `size` parameters; all moments are zero.
  Optimizer(const OptimizerOptions& options, std::size_t size);

  /// Moves `values` by the gradient times `gradient_scale`. Same bits for any number of threads.
  void step(std::span<Real> values, std::span<const Real> gradient, double learning_rate,
            double gradient_scale, Workers& workers);

  std::int64_t steps() const { return steps_; }
  void set_steps(std::int64_t steps) { steps_ = steps; }

  /// The moments by name, for checkpoints: "first_moment", "second_moment" (adam, adamw),
  /// "momentum" (sgd with momentum).
  struct Moment {
    std::string name;
    std::span<Real> values;
  };
  std::vector<Moment> moments();

 private:
  OptimizerOptions options_;
  std::int64_t steps_ = 0;
  FlatBuffer first_;
  FlatBuffer second_;
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
