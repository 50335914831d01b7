#include "seqlab/autograd/recurrent.hpp"

#include "gradients/problem.hpp"
#include "seqlab/autograd/layers.hpp"
#include "seqlab/autograd/layout.hpp"

namespace seqlab {
namespace {

using test::Problem;
using Inputs = std::span<const Variable>;

constexpr Index kSteps = 4;
constexpr Index kBatch = 3;
constexpr Index kInput = 5;
constexpr Index kContext = 3;

struct Shape {
  Index hidden = 5;
  bool context = false;
  bool ragged = true;
  Direction direction = Direction::forward;
};

RecurrentParameters add_parameters(Problem& problem, Cell cell, Index hidden, Index context) {
  const Index gates = gate_count(cell) * hidden;
  RecurrentParameters p;
  p.cell = cell;
  p.w_ih = problem.parameter(gates, kInput);
  if (context > 0) p.w_context = problem.parameter(gates, context);
  p.w_hh = problem.parameter(gates, hidden);
  p.bias = problem.parameter(1, gates);
  if (cell == Cell::gru) p.b_candidate = problem.parameter(1, hidden);
  return p;
}

/// Which results of the layer the rest of the model uses.
using Use = std::function<std::vector<Variable>(Tape&, RecurrentOutput)>;

std::vector<Variable> use_all(Tape&, RecurrentOutput output) {
  if (output.c.exists()) return {output.h, output.c};
  return {output.h};
}

void check_recurrent(Cell cell, const Shape& shape, const Use& use) {
  CAPTURE(static_cast<int>(cell));
  CAPTURE(shape.hidden);
  CAPTURE(shape.context);
  CAPTURE(shape.ragged);
  CAPTURE(shape.direction == Direction::backward);
  Problem problem;
  const RecurrentParameters parameters =
      add_parameters(problem, cell, shape.hidden, shape.context ? kContext : 0);
  problem.input(kSteps * kBatch, kInput);
  problem.input(kBatch, kContext);
  problem.input(kBatch, shape.hidden);
  problem.input(kBatch, shape.hidden);
  const std::vector<Index> lengths =
      shape.ragged ? std::vector<Index>{4, 1, 3} : std::vector<Index>{};
  problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
    const RecurrentState start{in[2], has_cell_state(cell) ? in[3] : Variable{}};
    const RecurrentOutput output =
        recurrent_sequence(tape, parameters, in[0], shape.context ? in[1] : Variable{}, start,
                           lengths, shape.direction);
    return {use(tape, output)};
  });
}

constexpr std::array kCells{Cell::rnn, Cell::lstm, Cell::gru};

}  // namespace

TEST_CASE("gradients: recurrent_sequence, every cell, direction, context and raggedness") {
  for (const Cell cell : kCells) {
    for (const Direction direction : {Direction::forward, Direction::backward}) {
      for (const bool context : {false, true}) {
        for (const bool ragged : {false, true}) {
          check_recurrent(cell, {5, context, ragged, direction}, use_all);
        }
      }
    }
  }
}

TEST_CASE("gradients: recurrent_sequence at widths with and without a register's tail") {
  for (const Cell cell : kCells) {
    for (const Index hidden : {1, 7, 8, 11}) check_recurrent(cell, {hidden}, use_all);
  }
}

TEST_CASE("gradients: recurrent_sequence of which only a part is used") {
  const auto only_h = [](Tape&, RecurrentOutput out) { return std::vector{out.h}; };
  const auto only_c = [](Tape&, RecurrentOutput out) { return std::vector{out.c}; };
  for (const Direction direction : {Direction::forward, Direction::backward}) {
    const Index last = direction == Direction::forward ? kSteps - 1 : 0;
    const auto last_h = [last](Tape& tape, RecurrentOutput out) {
      return std::vector{rows(tape, out.h, last * kBatch, kBatch)};
    };
    const auto last_c = [last](Tape& tape, RecurrentOutput out) {
      return std::vector{rows(tape, out.c, last * kBatch, kBatch)};
    };
    const Shape shape{5, true, true, direction};
    for (const Cell cell : kCells) {
      check_recurrent(cell, shape, only_h);
      check_recurrent(cell, shape, last_h);
    }
    check_recurrent(Cell::lstm, shape, only_c);
    check_recurrent(Cell::lstm, shape, last_c);
  }
}

TEST_CASE("gradients: recurrent_sequence of a single step, as in step-by-step training") {
  for (const Cell cell : kCells) {
    Problem problem;
    const RecurrentParameters parameters = add_parameters(problem, cell, 5, 0);
    problem.input(kBatch, kInput);
    problem.input(kBatch, 5);
    problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
      // The lstm's two states start from the same variable.
      const RecurrentState start{in[1], has_cell_state(cell) ? in[1] : Variable{}};
      const RecurrentOutput output =
          recurrent_sequence(tape, parameters, in[0], Variable{}, start, {}, Direction::forward);
      return {use_all(tape, output)};
    });
  }
}

TEST_CASE("gradients: two recurrent layers, the second backward, the state handed on") {
  for (const Cell cell : kCells) {
    CAPTURE(static_cast<int>(cell));
    Problem problem;
    const RecurrentParameters first = add_parameters(problem, cell, kInput, kContext);
    const RecurrentParameters second = add_parameters(problem, cell, kInput, 0);
    problem.input(kSteps * kBatch, kInput);
    problem.input(kBatch, kContext);
    problem.input(kBatch, kInput);
    const std::vector<Index> lengths{2, 4, 3};
    problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
      const auto state = [&](Variable h) {
        return RecurrentState{h, has_cell_state(cell) ? h : Variable{}};
      };
      const RecurrentOutput below =
          recurrent_sequence(tape, first, in[0], in[1], state(in[2]), lengths, Direction::forward);
      const Variable last = rows(tape, below.h, (kSteps - 1) * kBatch, kBatch);
      const RecurrentOutput above = recurrent_sequence(tape, second, below.h, Variable{},
                                                       state(last), lengths, Direction::backward);
      return {{above.h, add(tape, below.h, above.h)}};
    });
  }
}

namespace {

constexpr Index kSourceSteps = 5;
constexpr Index kAttention = 7;

/// Outputs of the decoder that are used: bit 0 h, bit 1 contexts, bit 2 c.
enum : unsigned { kUseH = 1, kUseContexts = 2, kUseC = 4 };

void check_attention_recurrent(Cell cell, Index hidden, Index value_width, unsigned used) {
  CAPTURE(static_cast<int>(cell));
  CAPTURE(hidden);
  CAPTURE(used);
  Problem problem;
  const RecurrentParameters parameters = add_parameters(problem, cell, hidden, value_width);
  const AdditiveAttentionParameters attention{problem.parameter(kAttention, hidden),
                                              problem.parameter(1, kAttention)};
  problem.input(kSteps * kBatch, kInput);
  problem.input(kSourceSteps * kBatch, kAttention);
  problem.input(kSourceSteps * kBatch, value_width);
  problem.input(kBatch, hidden);
  problem.input(kBatch, hidden);
  const std::vector<Index> source_lengths{2, 5, 1};
  const std::vector<Index> target_lengths{3, 1, 4};
  problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
    const AttentionMemory memory{by_sentence(tape, in[1], kBatch), by_sentence(tape, in[2], kBatch),
                                 source_lengths,
                                 {}};
    const RecurrentState start{in[3], has_cell_state(cell) ? in[4] : Variable{}};
    const AttentionRecurrentOutput output = attention_recurrent_sequence(
        tape, parameters, attention, in[0], memory, start, target_lengths);
    CheckedOutputs result;
    if (used & kUseH) result.outputs.push_back(output.h);
    if (used & kUseContexts) result.outputs.push_back(output.contexts);
    if ((used & kUseC) && output.c.exists()) result.outputs.push_back(output.c);
    return result;
  });
}

}  // namespace

TEST_CASE("gradients: attention_recurrent_sequence with ragged sources and targets") {
  for (const Cell cell : kCells) {
    check_attention_recurrent(cell, 5, 7, kUseH | kUseContexts | kUseC);
    check_attention_recurrent(cell, 8, 4, kUseH | kUseContexts | kUseC);
  }
}

TEST_CASE("gradients: attention_recurrent_sequence of which only a part is used") {
  for (const Cell cell : kCells) {
    check_attention_recurrent(cell, 5, 3, kUseH);
    check_attention_recurrent(cell, 5, 3, kUseContexts);
  }
  check_attention_recurrent(Cell::lstm, 5, 3, kUseC);
}

TEST_CASE("gradients: attention_recurrent_sequence whose keys are projected from its values") {
  Problem problem;
  const RecurrentParameters parameters = add_parameters(problem, Cell::gru, 5, kInput);
  const AdditiveAttentionParameters attention{problem.parameter(kAttention, 5),
                                              problem.parameter(1, kAttention)};
  const Parameter w_key = problem.parameter(kAttention, kInput);
  problem.input(kSteps * kBatch, kInput);
  problem.input(kBatch, 5);
  const std::vector<Index> lengths{4, 2, 3};
  problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
    const Variable values = by_sentence(tape, in[0], kBatch);
    const AttentionMemory memory{linear(tape, values, w_key), values, lengths, {}};
    const AttentionRecurrentOutput output = attention_recurrent_sequence(
        tape, parameters, attention, in[0], memory, {in[1], Variable{}}, {});
    return {{concatenate_columns(tape, std::array{output.h, output.contexts})}};
  });
}

}  // namespace seqlab
