// The gradients that a tape keeps of what is shown (Tape::show).

#include <doctest/doctest.h>

#include "seqlab/autograd/layers.hpp"
#include "seqlab/autograd/recurrent.hpp"
#include "seqlab/nn/recurrent.hpp"

namespace seqlab {
namespace {

constexpr Index kSteps = 5;
constexpr Index kBatch = 2;
constexpr Index kWidth = 3;

Matrix random_matrix(Index row_count, Index col_count, std::string_view name) {
  Matrix m = make_matrix(row_count, col_count);
  Random random(9, name);
  for (Real& x : ref(m).flat()) x = random.uniform(-1.0, 1.0);
  return m;
}

Matrix row_block(const Matrix& m, Index first, Index count) {
  Matrix block = make_matrix(count, cols(m));
  std::copy_n(ref(m).row(first), count * cols(m), block.data());
  return block;
}

void set_gradient(Tape& tape, Variable v, const Matrix& gradient) {
  std::copy(gradient.begin(), gradient.end(), tape.gradient(v).data);
}

}  // namespace

TEST_CASE("A shown recurrent state has the gradient of all that comes after it") {
  for (const Cell kind : {Cell::rnn, Cell::lstm, Cell::gru}) {
    CAPTURE(static_cast<int>(kind));
    ParameterStore store(1);
    const RecurrentParameters parameters = add_recurrent_layer(store, "layer", kind, 4, kWidth);
    std::vector<Real> gradients(store.values().size(), 0);
    Random random(1, "unused");
    const Matrix x = random_matrix(kSteps * kBatch, 4, "x");
    const Matrix outer = random_matrix(kSteps * kBatch, kWidth, "gradient of the outputs");

    Tape tape(store.values(), gradients, &random);
    std::vector<ShownResult> shown;
    tape.show_to(&shown);
    const RecurrentOutput whole =
        recurrent_sequence(tape, parameters, tape.variable(x), {},
                           zero_state(tape, kind, kBatch, kWidth), {}, Direction::forward);
    tape.show("states", whole.h);
    const Matrix h = tape.value(whole.h);
    const Matrix c = whole.c.exists() ? tape.value(whole.c) : h;
    set_gradient(tape, whole.h, outer);
    tape.backward();
    REQUIRE(shown[0].gradient.size() == h.size());

    // The rest of the sequence alone, from the state as its input.
    const Index cut = 2;
    const Index rest = (kSteps - cut) * kBatch;
    Tape later(store.values(), gradients, &random);
    std::vector<ShownResult> start;
    later.show_to(&start);
    RecurrentState state;
    state.h = later.variable(row_block(h, (cut - 1) * kBatch, kBatch));
    if (whole.c.exists()) state.c = later.variable(row_block(c, (cut - 1) * kBatch, kBatch));
    later.show("start", state.h);
    const RecurrentOutput end =
        recurrent_sequence(later, parameters, later.variable(row_block(x, cut * kBatch, rest)), {},
                           state, {}, Direction::forward);
    set_gradient(later, end.h, row_block(outer, cut * kBatch, rest));
    later.backward();
    for (Index b = 0; b < kBatch; ++b) {
      const Index row = (cut - 1) * kBatch + b;
      for (Index i = 0; i < kWidth; ++i) {
        CHECK(ref(shown[0].gradient).row(row)[i] ==
              doctest::Approx(ref(outer).row(row)[i] + ref(start[0].gradient).row(b)[i]));
      }
    }
  }
}

TEST_CASE("Showing changes no gradient, and what the loss does not need has none") {
  ParameterStore store(1);
  const RecurrentParameters parameters = add_recurrent_layer(store, "layer", Cell::gru, 4, kWidth);
  Random random(1, "unused");
  std::vector<std::vector<Real>> gradients;
  for (const bool show : {false, true}) {
    gradients.emplace_back(store.values().size(), Real(0));
    Tape tape(store.values(), gradients.back(), &random);
    std::vector<ShownResult> shown;
    if (show) tape.show_to(&shown);
    const RecurrentOutput out = recurrent_sequence(
        tape, parameters, tape.variable(random_matrix(kSteps * kBatch, 4, "x")), {},
        zero_state(tape, Cell::gru, kBatch, kWidth), {}, Direction::backward);
    tape.show("states", out.h);
    tape.show("unused", tape.variable(random_matrix(2, 2, "unused")));
    set_gradient(tape, out.h, random_matrix(kSteps * kBatch, kWidth, "outer"));
    tape.backward();
    CHECK(shown.size() == (show ? 2 : 0));
    if (show) CHECK(shown[1].gradient.size() == 0);
  }
  CHECK(gradients[0] == gradients[1]);
}

}  // namespace seqlab
