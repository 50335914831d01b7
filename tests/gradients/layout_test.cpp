#include "seqlab/autograd/layout.hpp"

#include "gradients/problem.hpp"

namespace seqlab {
using test::Problem;
using Inputs = std::span<const Variable>;

TEST_CASE("gradients: rows and columns, ranges that overlap included") {
  Problem problem;
  problem.input(6, 7);
  problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
    return {{rows(tape, in[0], 0, 4), rows(tape, in[0], 3, 3), columns(tape, in[0], 2, 5),
             columns(tape, in[0], 0, 3)}};
  });
}

TEST_CASE("gradients: rows_at, rows left out, repeated and empty") {
  const std::vector<Index> places{2, -1, 0, 2, -1};
  Problem problem;
  problem.input(4, 5);
  problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
    return {{rows_at(tape, in[0], places)}};
  });
}

TEST_CASE("gradients: concatenate_columns") {
  Problem problem;
  problem.input(4, 3);
  problem.input(4, 5);
  SUBCASE("different parts") {
    problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
      return {{concatenate_columns(tape, std::array{in[1], in[0]})}};
    });
  }
  SUBCASE("one part twice") {
    problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
      return {{concatenate_columns(tape, std::array{in[0], in[1], in[0]})}};
    });
  }
}

TEST_CASE("gradients: concatenate_rows") {
  Problem problem;
  problem.input(2, 5);
  problem.input(3, 5);
  SUBCASE("different parts") {
    problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
      return {{concatenate_rows(tape, std::array{in[1], in[0]})}};
    });
  }
  SUBCASE("one part twice") {
    problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
      return {{concatenate_rows(tape, std::array{in[0], in[0], in[1]})}};
    });
  }
}

TEST_CASE("gradients: repeat_steps") {
  Problem problem;
  problem.input(3, 5);
  problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
    return {{repeat_steps(tape, in[0], 4), repeat_steps(tape, in[0], 1)}};
  });
}

TEST_CASE("gradients: mean_over_steps of ragged sentences") {
  Problem problem;
  problem.input(5 * 3, 7);
  const std::vector<Index> lengths{5, 1, 3};
  problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
    return {{mean_over_steps(tape, in[0], lengths)}};
  });
}

}  // namespace seqlab
