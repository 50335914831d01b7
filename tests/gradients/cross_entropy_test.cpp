#include "seqlab/autograd/cross_entropy.hpp"

#include "gradients/problem.hpp"
#include "seqlab/autograd/layers.hpp"

namespace seqlab {
namespace {

using test::Problem;
using Inputs = std::span<const Variable>;

CrossEntropyOptions options_of(Real smoothing, Real scale) {
  CrossEntropyOptions options;
  options.label_smoothing = smoothing;
  options.gradient_scale = scale;
  return options;
}

/// The loss that the gradients of the operation belong to.
CheckedOutputs loss_of(Tape& tape, Variable hidden, Parameter weight, Parameter bias,
                       std::span<const TokenId> targets, const CrossEntropyOptions& options) {
  const CrossEntropyOutput output =
      linear_softmax_cross_entropy(tape, hidden, weight, bias, targets, options);
  return {{}, output.smoothed * static_cast<double>(options.gradient_scale)};
}

}  // namespace

TEST_CASE("gradients: linear_softmax_cross_entropy, smoothed or not, with and without bias") {
  const std::vector<TokenId> targets{3, kPad, 6, 1, kPad, 3, 10};
  for (const Real smoothing : {Real(0), Real(0.1)}) {
    for (const bool with_bias : {false, true}) {
      for (const Real scale : {Real(1), Real(0.25)}) {
        CAPTURE(smoothing);
        CAPTURE(with_bias);
        CAPTURE(scale);
        Problem problem;
        const Parameter weight = problem.parameter(11, 5);
        const Parameter bias = with_bias ? problem.parameter(1, 11) : Parameter{};
        problem.input(7, 5);
        problem.check_gradients_of([&](Tape& tape, Inputs in) {
          return loss_of(tape, in[0], weight, bias, targets, options_of(smoothing, scale));
        });
      }
    }
  }
}

TEST_CASE("gradients: linear_softmax_cross_entropy over more rows than a block") {
  std::vector<TokenId> targets(500);
  for (std::size_t i = 0; i < targets.size(); ++i) targets[i] = static_cast<TokenId>(i * 7 % 5);
  Problem problem;
  const Parameter weight = problem.parameter(5, 3);
  const Parameter bias = problem.parameter(1, 5);
  const Parameter table = problem.parameter(4, 3);
  std::vector<TokenId> tokens(500);
  for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<TokenId>(i * i % 4);
  problem.check_gradients_of([&](Tape& tape, Inputs) {
    return loss_of(tape, embedding(tape, table, tokens), weight, bias, targets,
                   options_of(Real(0.1), Real(0.5)));
  });
}

TEST_CASE("gradients: tied weights, one table in the embedding and in the output layer") {
  const std::vector<TokenId> tokens{1, 4, 5, 4};
  const std::vector<TokenId> targets{4, 5, 4, 2};
  Problem problem;
  const Parameter table = problem.parameter(7, 5);
  const Parameter weight = problem.parameter(5, 5);
  problem.check_gradients_of([&](Tape& tape, Inputs) {
    const Variable x = embedding(tape, table, tokens, Real(1.5));
    const Variable h = activate(tape, Activation::tanh, linear(tape, x, weight));
    return loss_of(tape, h, table, Parameter{}, targets, options_of(Real(0.1), Real(1)));
  });
}

TEST_CASE("gradients: a hidden variable that the loss and another operation use") {
  const std::vector<TokenId> targets{4, kPad, 2};
  Problem problem;
  const Parameter weight = problem.parameter(6, 5);
  problem.input(3, 5);
  problem.check_gradients_of([&](Tape& tape, Inputs in) {
    const Variable h = activate(tape, Activation::tanh, in[0]);
    CheckedOutputs result =
        loss_of(tape, h, weight, Parameter{}, targets, options_of(Real(0), Real(1)));
    result.outputs.push_back(activate(tape, Activation::gelu, h));
    return result;
  });
}

TEST_CASE("gradients: linear_softmax_cross_entropy with nothing to predict, or with scale 0") {
  Problem problem;
  const Parameter weight = problem.parameter(6, 5);
  problem.input(3, 5);
  const auto gradient = [&](const std::vector<TokenId>& targets, Real scale) {
    FlatBuffer gradients(problem.store().values().size(), Real(0));
    Tape tape(problem.store().values(), gradients, nullptr);
    const Variable hidden = tape.variable(problem.input_value(0));
    linear_softmax_cross_entropy(tape, hidden, weight, {}, targets, options_of(Real(0.1), scale));
    const MatrixRef dh = tape.gradient(hidden);
    double total = 0.0;
    for (const Real g : gradients) total += std::abs(g);
    for (const Real g : dh.flat()) total += std::abs(g);
    return total;
  };
  CHECK(gradient({kPad, kPad, kPad}, Real(1)) == 0.0);
  CHECK(gradient({1, 2, 3}, Real(0)) == 0.0);
  CHECK(gradient({1, 2, 3}, Real(1)) > 0.1);
}

}  // namespace seqlab
