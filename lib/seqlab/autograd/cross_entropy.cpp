#include "seqlab/autograd/cross_entropy.hpp"

#include "seqlab/tensor/bf16_products.hpp"
#include "seqlab/tensor/gemm.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// About so many rows of logits are worked on at a time: large enough for fast products, small
/// enough that block x V stays in the last-level cache.
constexpr Index kBlockRows = 128;

/// Blocks of about the same size, so that none is too small for fast products.
Index rows_of_block(Index count) {
  constexpr Index kStep = 8;
  const Index blocks = std::max<Index>(1, (count + kBlockRows / 2) / kBlockRows);
  const Index rows = (count + blocks - 1) / blocks;
  return std::min(count, (rows + kStep - 1) / kStep * kStep);
}

/// Positions of the rows that have a target.
PooledVector<Index> rows_with_target(std::span<const TokenId> targets) {
  PooledVector<Index> positions;
  positions.reserve(targets.size());
  for (std::size_t i = 0; i < targets.size(); ++i) {
    if (targets[i] != kPad) positions.push_back(static_cast<Index>(i));
  }
  return positions;
}

/// From the logits of one row: the losses, and the logits' gradient in their place.
class RowLoss {
 public:
  RowLoss(Index vocabulary, const CrossEntropyOptions& options, bool training)
      : vocabulary_(vocabulary), options_(options), training_(training) {}

  void compute(Real* logits, TokenId target, double& nll, char& correct, double& smoothed) const {
    const Real eps = options_.label_smoothing;
    const Real largest = max_value(logits, vocabulary_);
    const Real target_logit = logits[target];
    const double logit_sum = eps > 0 ? static_cast<double>(sum(logits, vocabulary_)) : 0.0;
    const Real total = training_ ? exp_and_sum(logits, vocabulary_, largest)
                                 : sum_exp(logits, vocabulary_, largest);
    const double log_total = std::log(static_cast<double>(total)) + static_cast<double>(largest);
    nll = log_total - static_cast<double>(target_logit);
    correct = target_logit == largest ? 1 : 0;
    const double mean_nll = log_total - logit_sum / static_cast<double>(vocabulary_);
    const auto e = static_cast<double>(eps);
    smoothed += (1.0 - e) * nll + (eps > 0 ? e * mean_nll : 0.0);
    if (training_) turn_into_gradient(logits, target, total);
  }

 private:
  /// p - (1 - eps) [target] - eps / V, times the scale.
  void turn_into_gradient(Real* exponentials, TokenId target, Real total) const {
    const Real eps = options_.label_smoothing;
    const Real factor = options_.gradient_scale / total;
    const Real shift = options_.gradient_scale * eps / static_cast<Real>(vocabulary_);
    for (Index v = 0; v < vocabulary_; ++v) exponentials[v] = exponentials[v] * factor - shift;
    exponentials[target] -= options_.gradient_scale * (Real(1) - eps);
  }

  Index vocabulary_;
  CrossEntropyOptions options_;
  bool training_;
};

}  // namespace

CrossEntropyOutput linear_softmax_cross_entropy(Tape& tape, Variable hidden, Parameter weight,
                                                Parameter bias, std::span<const TokenId> targets,
                                                const CrossEntropyOptions& options) {
  const ProfiledOperation operation("output layer and cross-entropy");
  const ConstMatrixRef h = ref(tape.value(hidden));
  const Index vocabulary = weight.rows;
  check(h.rows == static_cast<Index>(targets.size()), "cross-entropy: {} rows, {} targets", h.rows,
        targets.size());
  const bool training = tape.training();
  const RowLoss row_loss(vocabulary, options, training);
  const PooledVector<Index> positions = rows_with_target(targets);
  const auto count = static_cast<Index>(positions.size());

  CrossEntropyOutput output;
  output.row_nll.assign(targets.size(), 0.0);
  output.row_correct.assign(targets.size(), 0);
  const Index block_rows = rows_of_block(count);
  Matrix inputs = make_matrix(block_rows, h.cols);
  Matrix logits = make_matrix(block_rows, vocabulary);
  for (Index first = 0; first < count; first += block_rows) {
    const Index size = std::min(block_rows, count - first);
    const MatrixRef x = ref(inputs).row_block(0, size);
    const MatrixRef y = ref(logits).row_block(0, size);
    const std::span<const Index> block(positions.data() + first, static_cast<std::size_t>(size));
    gather_rows(h, block, x);
    affine(x, tape.value(weight), bias.exists() ? tape.value(bias).data : nullptr, y);
    // All that a row needs is done at once, while it is in a near cache.
    for (Index i = 0; i < size; ++i) {
      const auto row = static_cast<std::size_t>(block[static_cast<std::size_t>(i)]);
      row_loss.compute(y.row(i), targets[row], output.row_nll[row], output.row_correct[row],
                       output.smoothed);
      if (training && bias.exists()) {
        add_scaled(tape.gradient(bias).data, Real(1), y.row(i), vocabulary);
      }
    }
    if (!training) continue;
    const RoundedInput rounded(y);
    multiply_tn(y, x, Real(1), tape.gradient(weight));
    multiply_nn(y, tape.value(weight), Real(0), x);  // the inputs are not read again
    const MatrixRef dh = tape.gradient(hidden);
    for (Index i = 0; i < size; ++i)
      add_scaled(dh.row(block[static_cast<std::size_t>(i)]), Real(1), x.row(i), h.cols);
  }
  return output;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
