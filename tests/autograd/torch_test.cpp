// The operations against PyTorch: tests/golden/torch_operations.py.

#include "golden/golden.hpp"
#include "seqlab/autograd/attention.hpp"
#include "seqlab/autograd/cross_entropy.hpp"
#include "seqlab/autograd/layers.hpp"
#include "seqlab/autograd/layout.hpp"
#include "seqlab/autograd/recurrent.hpp"

namespace seqlab {
namespace {

using test::difference;
using test::GoldenRun;
using test::kGoldenTolerance;
using test::padded;
using test::torch_golden;
using test::wave;

constexpr Index kSteps = 4, kBatch = 3, kInput = 5, kHidden = 6;
constexpr Index kSourceSteps = 5;
const std::vector<Index> kLengths{4, 1, 3};
const std::vector<Index> kSourceLengths{2, 5, 4};

struct NamedCell {
  const char* name;
  Cell cell;
};
constexpr std::array kCells{NamedCell{"rnn", Cell::rnn}, NamedCell{"lstm", Cell::lstm},
                            NamedCell{"gru", Cell::gru}};

ConstMatrixRef block(const Matrix& m, Index step) {
  return ref(m).row_block(step * kBatch, kBatch);
}

/// Adds `values` to the rows of one step.
void add_to_step(Matrix& m, Index step, const Matrix& values) {
  for (std::size_t i = 0; i < values.size(); ++i) ref(m).row(step * kBatch)[i] += values.data()[i];
}

void compare_recurrent(NamedCell named, Direction direction) {
  const bool forward = direction == Direction::forward;
  const nlohmann::json& want =
      torch_golden()["recurrent"][named.name][forward ? "forward" : "backward"];
  CAPTURE(named.name);
  CAPTURE(forward);
  GoldenRun run;
  const Index gates = gate_count(named.cell) * kHidden;
  RecurrentParameters p;
  p.cell = named.cell;
  p.w_ih = run.parameter(1, gates, kInput);
  p.w_hh = run.parameter(2, gates, kHidden);
  p.bias = run.parameter(3, 1, gates);
  if (named.cell == Cell::gru) p.b_candidate = run.parameter(4, 1, kHidden);
  Tape& tape = run.tape();
  const Variable x = run.input(5, kSteps * kBatch, kInput);
  RecurrentState start{run.input(6, kBatch, kHidden), {}};
  if (has_cell_state(named.cell)) start.c = run.input(7, kBatch, kHidden);
  const RecurrentOutput out =
      recurrent_sequence(tape, p, x, Variable{}, start, kLengths, direction);

  const Index last = forward ? kSteps - 1 : 0;
  CHECK(difference(ref(padded(tape.value(out.h), kLengths)), want["h"]) < kGoldenTolerance);
  CHECK(difference(block(tape.value(out.h), last), want["last_h"]) < kGoldenTolerance);
  Matrix cotangent = padded(wave(8, kSteps * kBatch, kHidden), kLengths);
  add_to_step(cotangent, last, wave(9, kBatch, kHidden));
  run.add_cotangent(out.h, cotangent);
  if (out.c.exists()) {
    CHECK(difference(block(tape.value(out.c), last), want["last_c"]) < kGoldenTolerance);
    Matrix c_cotangent = zeros(kSteps * kBatch, kHidden);
    add_to_step(c_cotangent, last, wave(10, kBatch, kHidden));
    run.add_cotangent(out.c, c_cotangent);
  }

  tape.backward();
  CHECK(difference(run.input_gradient(0), want["d_x"]) < kGoldenTolerance);
  CHECK(difference(run.input_gradient(1), want["d_h0"]) < kGoldenTolerance);
  if (out.c.exists()) CHECK(difference(run.input_gradient(2), want["d_c0"]) < kGoldenTolerance);
  CHECK(difference(run.gradient(p.w_ih), want["d_w_ih"]) < kGoldenTolerance);
  CHECK(difference(run.gradient(p.w_hh), want["d_w_hh"]) < kGoldenTolerance);
  CHECK(difference(run.gradient(p.bias), want["d_bias"]) < kGoldenTolerance);
  if (p.b_candidate.exists()) {
    CHECK(difference(run.gradient(p.b_candidate), want["d_b_candidate"]) < kGoldenTolerance);
  }
}

void compare_additive_attention(NamedCell named) {
  const nlohmann::json& want = torch_golden()["additive_attention"][named.name];
  CAPTURE(named.name);
  constexpr Index kUnits = 7, kWidth = 4;
  const Index gates = gate_count(named.cell) * kHidden;
  GoldenRun run;
  RecurrentParameters p;
  p.cell = named.cell;
  p.w_ih = run.parameter(1, gates, kInput);
  p.w_context = run.parameter(2, gates, kWidth);
  p.w_hh = run.parameter(3, gates, kHidden);
  p.bias = run.parameter(4, 1, gates);
  if (named.cell == Cell::gru) p.b_candidate = run.parameter(5, 1, kHidden);
  const AdditiveAttentionParameters attention{run.parameter(6, kUnits, kHidden),
                                              run.parameter(7, 1, kUnits)};
  Tape& tape = run.tape();
  const Variable x = run.input(8, kSteps * kBatch, kInput);
  const Variable keys = run.input(9, kSourceSteps * kBatch, kUnits);
  const Variable values = run.input(10, kSourceSteps * kBatch, kWidth);
  const AttentionMemory memory{by_sentence(tape, keys, kBatch), by_sentence(tape, values, kBatch),
                               kSourceLengths,
                               {}};
  RecurrentState start{run.input(11, kBatch, kHidden), {}};
  if (has_cell_state(named.cell)) start.c = run.input(12, kBatch, kHidden);
  const AttentionRecurrentOutput out =
      attention_recurrent_sequence(tape, p, attention, x, memory, start, kLengths);
  CHECK(difference(ref(tape.value(out.h)), want["h"]) < kGoldenTolerance);
  CHECK(difference(ref(tape.value(out.contexts)), want["contexts"]) < kGoldenTolerance);
  CHECK(difference(ref(tape.value(out.weights)), want["weights"]) < kGoldenTolerance);

  run.add_cotangent(out.h, padded(wave(13, kSteps * kBatch, kHidden), kLengths));
  run.add_cotangent(out.contexts, padded(wave(14, kSteps * kBatch, kWidth), kLengths));
  tape.backward();
  CHECK(difference(run.input_gradient(0), want["d_x"]) < kGoldenTolerance);
  CHECK(difference(run.input_gradient(1), want["d_keys"]) < kGoldenTolerance);
  CHECK(difference(run.input_gradient(2), want["d_values"]) < kGoldenTolerance);
  CHECK(difference(run.input_gradient(3), want["d_h0"]) < kGoldenTolerance);
  if (out.c.exists()) CHECK(difference(run.input_gradient(4), want["d_c0"]) < kGoldenTolerance);
  CHECK(difference(run.gradient(p.w_ih), want["d_w_ih"]) < kGoldenTolerance);
  CHECK(difference(run.gradient(p.w_context), want["d_w_context"]) < kGoldenTolerance);
  CHECK(difference(run.gradient(p.w_hh), want["d_w_hh"]) < kGoldenTolerance);
  CHECK(difference(run.gradient(p.bias), want["d_bias"]) < kGoldenTolerance);
  CHECK(difference(run.gradient(attention.w_query), want["d_w_query"]) < kGoldenTolerance);
  CHECK(difference(run.gradient(attention.v), want["d_v"]) < kGoldenTolerance);
  if (p.b_candidate.exists()) {
    CHECK(difference(run.gradient(p.b_candidate), want["d_b_candidate"]) < kGoldenTolerance);
  }
}

void compare_cross_entropy(const char* name, Real smoothing) {
  const nlohmann::json& want = torch_golden()["cross_entropy"][name];
  CAPTURE(name);
  const std::vector<TokenId> targets{3, 0, 6, 1, 0, 3, 10};
  GoldenRun run;
  const Parameter weight = run.parameter(2, 11, kHidden);
  const Parameter bias = run.parameter(3, 1, 11);
  const Variable hidden = run.input(1, 7, kHidden);
  const CrossEntropyOutput out =
      linear_softmax_cross_entropy(run.tape(), hidden, weight, bias, targets, {smoothing, Real(1)});
  CHECK(out.smoothed == doctest::Approx(want["loss"][0].get<double>()).epsilon(1e-6));
  for (std::size_t i = 0; i < targets.size(); ++i) {
    CHECK(out.row_nll[i] == doctest::Approx(want["nll"][i].get<double>()).epsilon(1e-5));
  }
  run.tape().backward();
  CHECK(difference(run.input_gradient(0), want["d_hidden"]) < kGoldenTolerance);
  CHECK(difference(run.gradient(weight), want["d_weight"]) < kGoldenTolerance);
  CHECK(difference(run.gradient(bias), want["d_bias"]) < kGoldenTolerance);
}

}  // namespace

TEST_CASE("torch: rnn, lstm and gru over ragged sentences, both directions") {
  for (const NamedCell named : kCells) {
    compare_recurrent(named, Direction::forward);
    compare_recurrent(named, Direction::backward);
  }
}

TEST_CASE("torch: a decoder with additive attention, ragged sources and targets") {
  for (const NamedCell named : kCells) compare_additive_attention(named);
}

TEST_CASE("torch: layer norm") {
  const nlohmann::json& want = torch_golden()["layer_norm"];
  GoldenRun run;
  const Parameter gain = run.parameter(1, 1, kHidden);
  const Parameter bias = run.parameter(2, 1, kHidden);
  const Variable x = run.input(3, kSteps, kHidden);
  const Variable out = layer_norm(run.tape(), x, gain, bias);
  CHECK(difference(ref(run.tape().value(out)), want["out"]) < kGoldenTolerance);
  run.add_cotangent(out, wave(4, kSteps, kHidden));
  run.tape().backward();
  CHECK(difference(run.input_gradient(0), want["d_x"]) < kGoldenTolerance);
  CHECK(difference(run.gradient(gain), want["d_gain"]) < kGoldenTolerance);
  CHECK(difference(run.gradient(bias), want["d_bias"]) < kGoldenTolerance);
}

TEST_CASE("torch: activations") {
  const nlohmann::json& want = torch_golden()["activations"];
  Tape tape({});
  Matrix values = wave(1, 1, 40);
  values *= Real(5);
  const Variable x = tape.variable(values);
  const auto error = [&](Activation activation, const char* name) {
    return difference(ref(tape.value(activate(tape, activation, x))), want[name]);
  };
  CHECK(error(Activation::tanh, "tanh") < 1e-6);
  CHECK(error(Activation::relu, "relu") < 1e-6);
  CHECK(error(Activation::gelu, "gelu") < 1e-6);
}

TEST_CASE("torch: cross-entropy with padding, smoothed or not") {
  compare_cross_entropy("plain", Real(0));
  compare_cross_entropy("smoothed", Real(0.1));
}

}  // namespace seqlab
