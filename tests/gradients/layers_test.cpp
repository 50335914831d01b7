#include "seqlab/autograd/layers.hpp"

#include "gradients/problem.hpp"

namespace seqlab {
using test::Problem;
using Inputs = std::span<const Variable>;

TEST_CASE("gradients: embedding adds over repeated tokens and applies its factor") {
  Problem problem;
  const Parameter table = problem.parameter(6, 5);
  const std::vector<TokenId> tokens{4, 1, 4, 5, 4, 0};
  for (const Real factor : {Real(1), Real(2.5)}) {
    problem.check_gradients_of([&](Tape& tape, Inputs) -> CheckedOutputs {
      return {{embedding(tape, table, tokens, factor)}};
    });
  }
}

TEST_CASE("gradients: linear") {
  for (const bool with_bias : {false, true}) {
    for (const Index rows : {1, 6}) {
      CAPTURE(with_bias);
      CAPTURE(rows);
      Problem problem;
      const Parameter weight = problem.parameter(7, 5);
      const Parameter bias = with_bias ? problem.parameter(1, 7) : Parameter{};
      problem.input(rows, 5);
      problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
        return {{linear(tape, in[0], weight, bias)}};
      });
    }
  }
}

TEST_CASE("gradients: linear in a chain, its parameters used twice") {
  Problem problem;
  const Parameter weight = problem.parameter(5, 5);
  const Parameter bias = problem.parameter(1, 5);
  problem.input(3, 5);
  problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
    return {{linear(tape, linear(tape, in[0], weight, bias), weight, bias)}};
  });
}

TEST_CASE("gradients: activations, at sizes with and without a register's tail") {
  for (const Activation activation : {Activation::tanh, Activation::relu, Activation::gelu}) {
    for (const Index cols : {1, 5, 7, 8, 16}) {
      CAPTURE(static_cast<int>(activation));
      CAPTURE(cols);
      Problem problem;
      problem.input(3, cols);
      // Far from zero too, where gelu's slope is above 1 and below 0.
      for (Real& x : problem.input_value(0)) x *= Real(3);
      problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
        return {{activate(tape, activation, in[0])}};
      });
    }
  }
}

TEST_CASE("gradients: add") {
  Problem problem;
  problem.input(3, 7);
  problem.input(3, 7);
  SUBCASE("two variables") {
    problem.check_gradients_of(
        [&](Tape& tape, Inputs in) -> CheckedOutputs { return {{add(tape, in[0], in[1])}}; });
  }
  SUBCASE("the same variable twice") {
    problem.check_gradients_of(
        [&](Tape& tape, Inputs in) -> CheckedOutputs { return {{add(tape, in[0], in[0])}}; });
  }
}

TEST_CASE("gradients: in place, where an input is used again and where it is not") {
  Problem problem;
  const Parameter weight = problem.parameter(21, 5);
  const Parameter back = problem.parameter(5, 21);
  problem.input(3, 5);
  problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
    const Variable hidden = relu_in_place(tape, linear(tape, in[0], weight));
    const Variable sum = add_in_place(tape, linear(tape, hidden, back), in[0]);
    const Variable again =
        add_in_place(tape, dropout_in_place(tape, linear(tape, sum, weight), 0.3), hidden);
    return {{again, sum, hidden}};
  });
}

TEST_CASE("gradients: a value that is released and made again for the backward pass") {
  Problem problem;
  const Parameter weight = problem.parameter(7, 5);
  problem.input(3, 5);
  problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
    const Variable hidden = activate(tape, Activation::tanh, in[0]);
    const Variable result = linear(tape, hidden, weight);
    tape.make_again_for_backward(hidden, result, [&tape, x = in[0]] {
      return Matrix(xt::tanh(tape.value(x)));
    });
    CHECK(tape.value(hidden).size() == (tape.training() ? 0 : 15));
    return {{result}};
  });
}

TEST_CASE("gradients: dropout with a mask that is the same every time") {
  for (const Index cols : {5, 8}) {
    Problem problem;
    problem.input(6, cols);
    problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
      const Variable once = dropout(tape, in[0], 0.3);
      return {{once, dropout(tape, activate(tape, Activation::tanh, once), 0.5)}};
    });
  }
}

TEST_CASE("gradients: layer_norm") {
  for (const Index width : {2, 5, 8, 21}) {
    CAPTURE(width);
    Problem problem;
    const Parameter gain = problem.parameter(1, width);
    const Parameter bias = problem.parameter(1, width);
    problem.input(4, width);
    for (Real& x : problem.input_value(0)) x += Real(0.5);  // a mean that is not about zero
    problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
      return {{layer_norm(tape, in[0], gain, bias)}};
    });
  }
}

TEST_CASE(
    "gradients: a variable used by several operations, and a result that is also used inside") {
  Problem problem;
  const Parameter weight = problem.parameter(5, 5);
  const Parameter gain = problem.parameter(1, 5);
  const Parameter bias = problem.parameter(1, 5);
  problem.input(4, 5);
  problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
    const Variable x = in[0];
    const Variable projected = linear(tape, x, weight);
    const Variable squashed = activate(tape, Activation::tanh, projected);
    const Variable residual = add(tape, x, squashed);
    const Variable unused = linear(tape, residual, weight);  // its gradient never exists
    (void)unused;
    const Variable normal = layer_norm(tape, add(tape, residual, projected), gain, bias);
    return {{normal, residual, squashed}};
  });
}

}  // namespace seqlab
