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
#include "seqlab/tensor/workers.hpp"
#include "seqlab/training/options.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Puts the sum of gradients[0], gradients[1], ... (all of one size) into gradients[0]; the others
/// are used up. They are added pairwise: neighbours first, then neighbouring sums, and so on; so
/// sums of aligned groups of 2^k gradients can be made elsewhere and added here with the same bits.
/// Same bits for any number of threads.
void add_pairwise(std::span<const std::span<Real>> gradients, Workers& workers);

/// add_pairwise, and the Euclidean norm of the sum, accumulated in double precision.
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
