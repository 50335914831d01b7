#pragma once

// The output layer, softmax, label smoothing and cross-entropy as one operation. It works through
// blocks of rows that stay in cache; the full [rows, V] matrix of logits never exists.
//
//   loss = (1 - eps) * -log p(target) + eps / V * sum_v -log p(v)            (Szegedy 2016)
//
// Since it ends every model, its gradient is computed in the same pass, scaled by a factor that
// is known beforehand.

#include <span>

#include "seqlab/autograd/tape.hpp"
#include "seqlab/data/batch.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

struct CrossEntropyOptions {
  Real label_smoothing = 0;
  Real gradient_scale = 1;  ///< the gradient is that of the smoothed sum times this
};

struct CrossEntropyOutput {
  PooledVector<double> row_nll;   ///< -log p(target) in nats without smoothing; 0 for kPad targets
  PooledVector<char> row_correct;  ///< whether the most probable token is the target
  double smoothed = 0.0;          ///< the loss above, summed over rows
};

/// hidden [N, D], weight [V, D], bias [1, V] or none, targets [N] where kPad rows count nothing.
CrossEntropyOutput linear_softmax_cross_entropy(Tape& tape, Variable hidden, Parameter weight,
                                                Parameter bias, std::span<const TokenId> targets,
                                                const CrossEntropyOptions& options);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
