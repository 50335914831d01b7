// The checker itself: it must find what is wrong.

#include "gradients/problem.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
namespace {

using test::Problem;

/// y = 3 x + w, with a backward pass that a test may spoil.
struct Faults {
  Real input_factor = 3;
  bool overwrites_input = false;
  bool overwrites_parameter = false;
  bool constant_gradient = false;
  bool reads_fresh_memory = false;
};

Variable three_times_plus(Tape& tape, Variable x, Parameter w, Faults faults) {
  const Matrix& in = tape.value(x);
  Matrix out = make_matrix(rows(in), cols(in));
  if (!faults.reads_fresh_memory) out.fill(Real(0));
  for (std::size_t i = 0; i < in.size(); ++i) {
    out.data()[i] += Real(3) * in.data()[i] + tape.value(w).data[i];
  }
  const Variable result = tape.variable(std::move(out));
  tape.on_backward(result, [&tape, x, w, faults, result] {
    const MatrixRef from = tape.gradient(result);
    Real* dx = tape.gradient(x).data;
    Real* dw = tape.gradient(w).data;
    for (Index i = 0; i < from.rows * from.cols; ++i) {
      dx[i] = (faults.overwrites_input ? Real(0) : dx[i]) + faults.input_factor * from.data[i];
      dw[i] = (faults.overwrites_parameter ? Real(0) : dw[i]) + from.data[i];
      if (faults.constant_gradient) dx[i] += Real(1e-9);  // too small for the difference quotient
    }
  });
  return result;
}

GradientReport report_with(Faults faults) {
  Problem problem;
  const Parameter w = problem.parameter(2, 3);
  problem.input(2, 3);
  return problem.report([&](Tape& tape, std::span<const Variable> in) -> CheckedOutputs {
    return {{three_times_plus(tape, in[0], w, faults)}};
  });
}

}  // namespace

TEST_CASE("gradient check: a right gradient passes, every entry compared") {
  const GradientReport report = report_with({});
  INFO(report.text());
  CHECK(report.passed());
  CHECK(report.compared == 12);
}

TEST_CASE("gradient check: a wrong sign, factor, overwriting or stray constant is found") {
  Faults faults;
  SUBCASE("sign") { faults.input_factor = -3; }
  SUBCASE("a thousandth too much") { faults.input_factor = Real(3.003); }
  SUBCASE("overwrites the input's gradient") { faults.overwrites_input = true; }
  SUBCASE("overwrites the parameter's gradient") { faults.overwrites_parameter = true; }
  SUBCASE("a gradient without a cotangent") { faults.constant_gradient = true; }
  SUBCASE("reads memory that it has not written") { faults.reads_fresh_memory = true; }
  CHECK_FALSE(report_with(faults).passed());
}

TEST_CASE("gradient check: values of the store are put back") {
  Problem problem;
  const Parameter w = problem.parameter(2, 3);
  problem.input(2, 3);
  const std::vector<Real> before(problem.store().values().begin(), problem.store().values().end());
  problem.check_gradients_of([&](Tape& tape, std::span<const Variable> in) -> CheckedOutputs {
    return {{three_times_plus(tape, in[0], w, {})}};
  });
  CHECK(std::equal(before.begin(), before.end(), problem.store().values().begin()));
}

}  // namespace seqlab
