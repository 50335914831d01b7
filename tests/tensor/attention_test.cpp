// The attention kernels of one decoding step.

#include "seqlab/autograd/attention.hpp"
#include "seqlab/tensor/step_attention.hpp"

namespace seqlab {

TEST_CASE("attend: one query gets what multi_head_attention gives it, weights averaged") {
  constexpr Index kBatch = 3, kSteps = 5, kHeads = 2, kKey = 14, kValue = 6;
  const std::vector<Index> lengths{5, 1, 3};
  Random random(6, "attend");
  const auto random_matrix = [&](Index row_count, Index col_count) {
    Matrix m = make_matrix(row_count, col_count);
    for (Real& x : ref(m).flat()) x = static_cast<Real>(random.uniform(-1.0, 1.0));
    return m;
  };
  const Matrix query = random_matrix(kBatch, kKey), keys = random_matrix(kSteps * kBatch, kKey),
               values = random_matrix(kSteps * kBatch, kValue);
  Tape tape({});
  const AttentionOutput whole =
      multi_head_attention(tape, tape.variable(query), tape.variable(keys), tape.variable(values),
                           {kHeads, Real(0.7), false, lengths});
  std::vector<Real> context(kValue), weights(kSteps), scratch(kSteps);
  for (Index b = 0; b < kBatch; ++b) {
    const Index length = lengths[static_cast<std::size_t>(b)];
    attend(ref(query).row(b), kKey, {ref(keys).row(b), kBatch * kKey},
           {ref(values).row(b), kBatch * kValue}, kValue, length, kHeads, Real(0.7), context.data(),
           weights.data(), scratch.data());
    for (Index c = 0; c < kValue; ++c) {
      CHECK(context[static_cast<std::size_t>(c)] ==
            doctest::Approx(tape.mutable_value(whole.contexts).row(b)[c]).epsilon(1e-5));
    }
    for (Index j = 0; j < length; ++j) {
      const Real mean = (tape.mutable_value(whole.weights).row(b * kHeads)[j] +
                         tape.mutable_value(whole.weights).row(b * kHeads + 1)[j]) /
                        2;
      CHECK(weights[static_cast<std::size_t>(j)] == doctest::Approx(mean).epsilon(1e-5));
    }
  }
}

}  // namespace seqlab
