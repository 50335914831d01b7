// The attention kernels of one decoding step.

#include "seqlab/autograd/attention.hpp"
#include "seqlab/tensor/step_attention.hpp"

namespace seqlab {

namespace {

Matrix random_matrix(Random& random, Index row_count, Index col_count) {
  Matrix m = make_matrix(row_count, col_count);
  for (Real& x : ref(m).flat()) x = static_cast<Real>(random.uniform(-1.0, 1.0));
  return m;
}

}  // namespace

TEST_CASE("attend: one query gets what multi_head_attention gives it, weights averaged") {
  constexpr Index kBatch = 3, kSteps = 21;
  const std::vector<Index> lengths{21, 1, 13};
  Random random(6, "attend");
  // Vectors of less than a register, and of several and a part of one; heads by fours, and one left.
  const std::vector<std::array<Index, 4>> shapes{
      {4, 4, 7, 3}, {4, 2, 7, 3}, {4, 1, 7, 3}, {5, 5, 83, 70}, {5, 1, 83, 70}};
  for (const auto& [heads, kv_heads, key_width, value_width] : shapes) {
    CAPTURE(heads);
    CAPTURE(kv_heads);
    const Matrix query = random_matrix(random, kBatch, heads * key_width),
                 keys = random_matrix(random, kSteps * kBatch, kv_heads * key_width),
                 values = random_matrix(random, kSteps * kBatch, kv_heads * value_width);
    Tape tape({});
    const AttentionOutput whole =
        multi_head_attention(tape, tape.variable(query), tape.variable(keys), tape.variable(values),
                             {heads, Real(0.7), false, lengths, kv_heads});
    std::vector<Real> context(static_cast<std::size_t>(heads * value_width)), weights(kSteps);
    for (Index b = 0; b < kBatch; ++b) {
      const Index length = lengths[static_cast<std::size_t>(b)];
      // In two pieces, the first of which may be the whole.
      const Index first = std::min<Index>(2, length);
      const auto piece = [&](Index from, Index count) {
        return AttendedPositions{ref(keys).row(from * kBatch + b), kBatch * kv_heads * key_width,
                                 ref(values).row(from * kBatch + b), kBatch * kv_heads * value_width,
                                 count};
      };
      const std::array pieces{piece(0, first), piece(first, length - first)};
      attend(ref(query).row(b), pieces, {heads, kv_heads, key_width, value_width, Real(0.7)},
             context.data(), weights.data());
      for (std::size_t c = 0; c < context.size(); ++c) {
        CHECK(context[c] ==
              doctest::Approx(tape.mutable_value(whole.contexts).row(b)[c]).epsilon(1e-5));
      }
      for (Index j = 0; j < length; ++j) {
        Real mean = 0;
        for (Index h = 0; h < heads; ++h) {
          mean += tape.mutable_value(whole.weights).row(b * heads + h)[j] / static_cast<Real>(heads);
        }
        CHECK(weights[static_cast<std::size_t>(j)] == doctest::Approx(mean).epsilon(1e-5));
      }
    }
  }
}

TEST_CASE("attend: with slopes, the last query of multi_head_attention") {
  constexpr Index kSteps = 6, kHeads = 2, kWidth = 4;
  const std::vector<Index> lengths{kSteps};
  const std::vector<Real> slopes{Real(0.5), Real(0.125)};
  Random random(7, "attend");
  const Matrix x = random_matrix(random, kSteps, kHeads * kWidth);
  Tape tape({});
  const Variable v = tape.variable(x);
  const AttentionOutput whole =
      multi_head_attention(tape, v, v, v, {kHeads, Real(1), true, lengths, 0, slopes});
  std::vector<Real> context(kHeads * kWidth), weights(kSteps);
  const AttendedPositions all{x.data(), kHeads * kWidth, x.data(), kHeads * kWidth, kSteps};
  attend(ref(x).row(kSteps - 1), {&all, 1}, {kHeads, kHeads, kWidth, kWidth, Real(1), slopes},
         context.data(), weights.data());
  for (std::size_t c = 0; c < context.size(); ++c) {
    CHECK(context[c] ==
          doctest::Approx(tape.mutable_value(whole.contexts).row(kSteps - 1)[c]).epsilon(1e-5));
  }
  // Far from the query, the steeper head sees less.
  const auto weight = [&](Index h) {
    return tape.mutable_value(whole.weights).row(h * kSteps + kSteps - 1);
  };
  CHECK(weight(0)[0] < weight(1)[0]);
}

}  // namespace seqlab
