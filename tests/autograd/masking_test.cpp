// What lies past the end of a sentence influences nothing.

#include <algorithm>
#include <limits>

#include "seqlab/autograd/attention.hpp"
#include "seqlab/autograd/cross_entropy.hpp"
#include "seqlab/autograd/layers.hpp"
#include "seqlab/autograd/layout.hpp"
#include "seqlab/autograd/mixture.hpp"
#include "seqlab/autograd/recurrent.hpp"
#include "seqlab/nn/parameters.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
namespace {

constexpr Index kSteps = 5, kBatch = 3, kWidth = 6, kHidden = 7;
const std::vector<Index> kLengths{3, 5, 1};

Matrix random_matrix(Index row_count, Index col_count, std::uint64_t number) {
  Matrix m = make_matrix(row_count, col_count);
  Random random(11, "masking", number);
  for (Real& x : ref(m).flat()) x = static_cast<Real>(random.uniform(-1.0, 1.0));
  return m;
}

bool before_end(Index row) {
  return row / kBatch < kLengths[static_cast<std::size_t>(row % kBatch)];
}

/// Other values past the ends.
Matrix with_other_padding(const Matrix& m, Real value) {
  Matrix other = m;
  for (Index r = 0; r < rows(other); ++r) {
    if (!before_end(r)) std::fill_n(ref(other).row(r), cols(other), value);
  }
  return other;
}

bool same(const Matrix& a, const Matrix& b) {
  return std::equal(a.data(), a.data() + a.size(), b.data(), b.data() + b.size());
}

bool same_before_end(const Matrix& a, const Matrix& b) {
  for (Index r = 0; r < rows(a); ++r) {
    if (before_end(r) && !std::equal(ref(a).row(r), ref(a).row(r) + cols(a), ref(b).row(r))) {
      return false;
    }
  }
  return true;
}

struct RecurrentFixture {
  explicit RecurrentFixture(Cell cell) {
    const Initializer uniform{Initializer::Kind::uniform, 0.5};
    const Index gates = gate_count(cell) * kHidden;
    parameters.cell = cell;
    parameters.w_ih = store.add("w_ih", gates, kWidth, uniform);
    parameters.w_hh = store.add("w_hh", gates, kHidden, uniform);
    parameters.bias = store.add("bias", 1, gates, uniform);
    if (cell == Cell::gru) parameters.b_candidate = store.add("b", 1, kHidden, uniform);
    attending = parameters;
    attending.w_context = store.add("w_context", gates, kWidth, uniform);
    attention = {store.add("w_query", 4, kHidden, uniform), store.add("v", 1, 4, uniform)};
  }
  RecurrentState start(Tape& tape, Index batch = kBatch) const {
    RecurrentState state{tape.variable(random_matrix(batch, kHidden, 1)), {}};
    if (has_cell_state(parameters.cell)) {
      state.c = tape.variable(random_matrix(batch, kHidden, 2));
    }
    return state;
  }

  ParameterStore store{1};
  RecurrentParameters parameters;
  RecurrentParameters attending;
  AdditiveAttentionParameters attention;
};

constexpr std::array kCells{Cell::rnn, Cell::lstm, Cell::gru};

}  // namespace

TEST_CASE("masking: a sentence that has ended carries its state, whatever follows") {
  for (const Cell cell : kCells) {
    const RecurrentFixture f(cell);
    const Matrix x = random_matrix(kSteps * kBatch, kWidth, 3);
    Tape tape(f.store.values());
    const auto run = [&](const Matrix& input) {
      return recurrent_sequence(tape, f.parameters, tape.variable(input), Variable{}, f.start(tape),
                                kLengths, Direction::forward);
    };
    const RecurrentOutput out = run(x);
    for (const Variable state : {out.h, out.c}) {
      if (!state.exists()) continue;
      const ConstMatrixRef values = ref(std::as_const(tape).value(state));
      for (Index r = kBatch; r < values.rows; ++r) {
        const bool moved =
            !std::equal(values.row(r), values.row(r) + kHidden, values.row(r - kBatch));
        CHECK(moved == before_end(r));
      }
    }
    const RecurrentOutput other = run(with_other_padding(x, Real(100)));
    CHECK(same(tape.value(out.h), tape.value(other.h)));
  }
}

TEST_CASE("masking: backward, a sentence starts at its own last position") {
  for (const Cell cell : kCells) {
    const RecurrentFixture f(cell);
    const Matrix x = random_matrix(kSteps * kBatch, kWidth, 3);
    Tape tape(f.store.values());
    const RecurrentState start = f.start(tape);
    const RecurrentOutput all =
        recurrent_sequence(tape, f.parameters, tape.variable(with_other_padding(x, Real(100))),
                           Variable{}, start, kLengths, Direction::backward);
    for (Index b = 0; b < kBatch; ++b) {
      // The sentence alone, without padding.
      const Index length = kLengths[static_cast<std::size_t>(b)];
      Matrix alone = make_matrix(length, kWidth);
      for (Index t = 0; t < length; ++t) {
        std::copy_n(ref(x).row(t * kBatch + b), kWidth, ref(alone).row(t));
      }
      RecurrentState own{rows(tape, start.h, b, 1), {}};
      if (start.c.exists()) own.c = rows(tape, start.c, b, 1);
      const RecurrentOutput one = recurrent_sequence(tape, f.parameters, tape.variable(alone),
                                                     Variable{}, own, {}, Direction::backward);
      for (Index t = 0; t < length; ++t) {
        for (Index i = 0; i < kHidden; ++i) {
          CHECK(tape.mutable_value(one.h).row(t)[i] ==
                doctest::Approx(tape.mutable_value(all.h).row(t * kBatch + b)[i]).epsilon(1e-5));
        }
      }
    }
  }
}

TEST_CASE("masking: additive attention is exactly zero on padding, and sums to one before it") {
  for (const Cell cell : kCells) {
    const RecurrentFixture f(cell);
    const Matrix keys = random_matrix(kSteps * kBatch, 4, 4);
    const Matrix values = random_matrix(kSteps * kBatch, kWidth, 5);
    Tape tape(f.store.values());
    const auto run = [&](const Matrix& k, const Matrix& v) {
      return attention_recurrent_sequence(tape, f.attending, f.attention,
                                          tape.variable(random_matrix(4 * kBatch, kWidth, 6)),
                                          {by_sentence(tape, tape.variable(k), kBatch),
                                           by_sentence(tape, tape.variable(v), kBatch),
                                           kLengths,
                                           {}},
                                          f.start(tape), {});
    };
    const AttentionRecurrentOutput out = run(keys, values);
    const ConstMatrixRef weights = ref(std::as_const(tape).value(out.weights));
    for (Index r = 0; r < weights.rows; ++r) {
      const Index length = kLengths[static_cast<std::size_t>(r % kBatch)];
      CHECK(sum(weights.row(r), kSteps) == doctest::Approx(1.0).epsilon(1e-5));
      for (Index j = 0; j < kSteps; ++j) CHECK((weights.row(r)[j] == 0) == (j >= length));
    }
    const Real nan = std::numeric_limits<Real>::quiet_NaN();
    const AttentionRecurrentOutput other =
        run(with_other_padding(keys, nan), with_other_padding(values, nan));
    CHECK(same(tape.value(out.h), tape.value(other.h)));
    CHECK(same(tape.value(out.contexts), tape.value(other.contexts)));
  }
}

TEST_CASE("masking: rows of several hypotheses attend to their own source sentence") {
  const RecurrentFixture f(Cell::gru);
  Tape tape(f.store.values());
  const Variable keys =
      by_sentence(tape, tape.variable(random_matrix(kSteps * kBatch, 4, 4)), kBatch);
  const Variable values =
      by_sentence(tape, tape.variable(random_matrix(kSteps * kBatch, kWidth, 5)), kBatch);
  const std::vector<Index> source_rows{2, 0, 0, 1};
  const Variable x = tape.variable(random_matrix(4, kWidth, 6));
  const RecurrentState start = f.start(tape, 4);
  const AttentionRecurrentOutput out = attention_recurrent_sequence(
      tape, f.attending, f.attention, x, {keys, values, kLengths, source_rows}, start, {});
  for (Index r = 0; r < 4; ++r) {
    // The same row in a batch in which it stands at its sentence's place.
    const Index b = source_rows[static_cast<std::size_t>(r)];
    const Variable x_row = repeat_steps(tape, rows(tape, x, r, 1), kBatch);
    const Variable h_row = repeat_steps(tape, rows(tape, start.h, r, 1), kBatch);
    const AttentionRecurrentOutput own = attention_recurrent_sequence(
        tape, f.attending, f.attention, x_row, {keys, values, kLengths, {}}, {h_row, {}}, {});
    for (Index i = 0; i < kHidden; ++i) {
      CHECK(tape.mutable_value(out.h).row(r)[i] ==
            doctest::Approx(tape.mutable_value(own.h).row(b)[i]).epsilon(1e-5));
    }
    for (Index j = 0; j < kSteps; ++j) {
      CHECK(tape.mutable_value(out.weights).row(r)[j] ==
            doctest::Approx(tape.mutable_value(own.weights).row(b)[j]).epsilon(1e-5));
    }
  }
}

TEST_CASE("masking: attention heads see nothing past the end, and causal ones nothing ahead") {
  const Matrix x = random_matrix(kSteps * kBatch, kWidth, 7);
  for (const bool causal : {false, true}) {
    CAPTURE(causal);
    Tape tape({});
    const AttentionOptions options{2, Real(0.5), causal, kLengths};
    const auto run = [&](const Matrix& input) {
      const Variable v = tape.variable(input);
      return multi_head_attention(tape, v, v, v, options);
    };
    const AttentionOutput out = run(x);
    const ConstMatrixRef weights = ref(std::as_const(tape).value(out.weights));
    REQUIRE(weights.rows == kBatch * 2 * kSteps);
    for (Index r = 0; r < weights.rows; ++r) {
      const Index b = r / (2 * kSteps), t = r % kSteps;
      const Index length = kLengths[static_cast<std::size_t>(b)];
      const Index seen = causal ? std::min(t + 1, length) : length;
      CHECK(sum(weights.row(r), kSteps) == doctest::Approx(1.0).epsilon(1e-5));
      for (Index j = 0; j < kSteps; ++j) CHECK((weights.row(r)[j] == 0) == (j >= seen));
    }
    const AttentionOutput other = run(with_other_padding(x, Real(50)));
    CHECK(same_before_end(tape.value(out.contexts), tape.value(other.contexts)));
    // Another last step: a causal head's earlier contexts stay as they are.
    Matrix changed = x;
    for (Real& value : ref(changed).row_block((kSteps - 1) * kBatch, kBatch).flat()) value += 1;
    const AttentionOutput later = run(changed);
    const Index earlier = (kSteps - 1) * kBatch * kWidth;
    CHECK(std::equal(tape.value(out.contexts).data(), tape.value(out.contexts).data() + earlier,
                     tape.value(later.contexts).data()) == causal);
  }
}

TEST_CASE("masking: the mean over steps leaves padding out") {
  const Matrix x = random_matrix(kSteps * kBatch, kWidth, 8);
  Tape tape({});
  const Variable mean = mean_over_steps(tape, tape.variable(x), kLengths);
  const Variable other =
      mean_over_steps(tape, tape.variable(with_other_padding(x, Real(9))), kLengths);
  CHECK(same(tape.value(mean), tape.value(other)));
  for (Index c = 0; c < kWidth; ++c) {
    const Real expected =
        (ref(x).row(0)[c] + ref(x).row(kBatch)[c] + ref(x).row(2 * kBatch)[c]) / 3;
    CHECK(tape.mutable_value(mean).row(0)[c] == doctest::Approx(expected).epsilon(1e-5));
  }
}

TEST_CASE("masking: padding chooses no expert and does not move the balance loss") {
  constexpr Index kExperts = 4, kChosen = 2;
  ParameterStore store(1);
  store.add("unused", 1, 1, {Initializer::Kind::uniform, 0.5});
  FlatBuffer gradients(store.values().size(), Real(0));
  struct Result {
    Matrix gates, gradient;  // of the logits, from the balance loss alone
  };
  const auto run = [&](const Matrix& input, std::span<const Index> lengths) {
    Tape tape(store.values(), gradients, nullptr);
    const Variable logits = tape.variable(input);
    std::vector<ShownResult> shown;
    tape.show_to(&shown);
    tape.show("logits", logits);
    const Routing routing = route(tape, logits, lengths, kChosen, /*balance=*/1.0);
    Result result{tape.value(routing.gates), {}};
    tape.gradient(routing.gates);  // zero, so that the backward function runs
    tape.backward();
    result.gradient = shown.front().gradient;
    return result;
  };
  const Matrix x = random_matrix(kSteps * kBatch, kExperts, 10);
  const Result result = run(x, kLengths);
  const Result other = run(with_other_padding(x, Real(3)), kLengths);
  CHECK(same(result.gates, other.gates));
  CHECK(same(result.gradient, other.gradient));

  // The rows before the ends, alone.
  std::vector<Index> places;
  for (Index r = 0; r < rows(x); ++r) {
    if (before_end(r)) places.push_back(r);
  }
  Matrix alone = make_matrix(static_cast<Index>(places.size()), kExperts);
  gather_rows(ref(x), places, ref(alone));
  const Result expected = run(alone, {});
  for (Index i = 0, r = 0; r < rows(x); ++r) {
    const Real* gates = ref(result.gates).row(r);
    const Real* gradient = ref(result.gradient).row(r);
    if (!before_end(r)) {
      CHECK(std::count(gates, gates + kExperts, Real(0)) == kExperts);
      CHECK(std::count(gradient, gradient + kExperts, Real(0)) == kExperts);
      continue;
    }
    CHECK(std::count(gates, gates + kExperts, Real(0)) == kExperts - kChosen);
    CHECK(std::equal(gates, gates + kExperts, ref(expected.gates).row(i)));
    CHECK(std::equal(gradient, gradient + kExperts, ref(expected.gradient).row(i)));
    ++i;
  }
}

TEST_CASE("masking: rows without a target neither cost nor count, and get no gradient") {
  ParameterStore store(1);
  const Parameter weight = store.add("w", 9, kWidth, {Initializer::Kind::uniform, 0.5});
  const std::vector<TokenId> targets{4, kPad, 7, kPad};
  const Matrix x = random_matrix(4, kWidth, 9);
  FlatBuffer gradients(store.values().size(), Real(0));
  Tape tape(store.values(), gradients, nullptr);
  const Variable hidden = tape.variable(x);
  const CrossEntropyOutput out =
      linear_softmax_cross_entropy(tape, hidden, weight, {}, targets, {Real(0.1), Real(1)});
  CHECK(out.row_nll[1] == 0.0);
  CHECK(out.row_nll[0] > 0.0);
  CHECK(out.row_correct[1] == 0);
  for (Index r = 0; r < 4; ++r) {
    const Real* g = tape.gradient(hidden).row(r);
    CHECK((dot(g, g, kWidth) == 0) == (targets[static_cast<std::size_t>(r)] == kPad));
  }

  // Evaluation takes another path, to the same numbers.
  Tape evaluation(store.values());
  const CrossEntropyOutput again = linear_softmax_cross_entropy(
      evaluation, evaluation.variable(x), weight, {}, targets, {Real(0.1), Real(1)});
  CHECK(again.smoothed == doctest::Approx(out.smoothed).epsilon(1e-6));
  CHECK(again.row_correct == out.row_correct);
}

}  // namespace seqlab
