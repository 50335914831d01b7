// The operations of today's Transformers.

#include "gradients/problem.hpp"
#include "seqlab/autograd/attention.hpp"
#include "seqlab/autograd/rms_norm.hpp"
#include "seqlab/autograd/rotary.hpp"
#include "seqlab/autograd/swiglu.hpp"

namespace seqlab {
using test::Problem;
using Inputs = std::span<const Variable>;

TEST_CASE("gradients: rms_norm") {
  for (const Index width : {2, 5, 8, 21}) {
    CAPTURE(width);
    Problem problem;
    const Parameter gain = problem.parameter(1, width);
    problem.input(4, width);
    problem.check_gradients_of(
        [&](Tape& tape, Inputs in) -> CheckedOutputs { return {{rms_norm(tape, in[0], gain)}}; });
  }
}

TEST_CASE("gradients: swiglu, also of a variable with itself") {
  for (const Index cols : {1, 5, 8, 16}) {
    CAPTURE(cols);
    Problem problem;
    problem.input(3, cols);
    problem.input(3, cols);
    for (Real& x : problem.input_value(0)) x *= Real(4);
    problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
      return {{swiglu(tape, in[0], in[1]), swiglu(tape, in[1], in[1])}};
    });
  }
}

TEST_CASE("gradients: rotary") {
  const std::vector<Index> positions{0, 0, 1, 7, 3};
  for (const Index heads : {1, 3}) {
    CAPTURE(heads);
    Problem problem;
    problem.input(5, heads * 6);
    problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
      return {{rotary(tape, in[0], heads, positions)}};
    });
  }
}

TEST_CASE("gradients: multi_head_attention with shared key-value heads and slopes") {
  const std::vector<Index> lengths{5, 3};
  const std::vector<Real> slopes{Real(0.5), Real(0.3), Real(0.2), Real(0.1)};
  for (const Index kv_heads : {1, 2, 4}) {
    for (const bool causal : {false, true}) {
      CAPTURE(kv_heads);
      CAPTURE(causal);
      Problem problem;
      problem.input(5 * 2, 4 * 3);
      problem.input(5 * 2, kv_heads * 3);
      problem.input(5 * 2, kv_heads * 2);
      problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
        const AttentionOptions options{4, Real(0.6), causal, lengths, kv_heads, slopes};
        return {{multi_head_attention(tape, in[0], in[1], in[2], options).contexts}};
      });
    }
  }
}

}  // namespace seqlab
