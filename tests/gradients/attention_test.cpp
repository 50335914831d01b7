#include "seqlab/autograd/attention.hpp"

#include "gradients/problem.hpp"
#include "seqlab/autograd/layers.hpp"

namespace seqlab {
namespace {

using test::Problem;
using Inputs = std::span<const Variable>;

AttentionOptions options_of(Index heads, Real scale, bool causal, std::span<const Index> lengths) {
  AttentionOptions options;
  options.heads = heads;
  options.scale = scale;
  options.causal = causal;
  options.lengths = lengths;
  return options;
}

}  // namespace

TEST_CASE("gradients: multi_head_attention across, ragged, several heads") {
  constexpr Index kBatch = 3;
  const std::vector<Index> lengths{2, 5, 1};
  for (const Index heads : {1, 2, 3}) {
    CAPTURE(heads);
    Problem problem;
    problem.input(4 * kBatch, 5 * heads);
    problem.input(5 * kBatch, 5 * heads);
    problem.input(5 * kBatch, 3 * heads);  // values may have a width of their own
    problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
      return {{multi_head_attention(tape, in[0], in[1], in[2],
                                    options_of(heads, Real(0.6), false, lengths))
                   .contexts}};
    });
  }
}

TEST_CASE("gradients: multi_head_attention with itself, causal or not, padded or not") {
  for (const bool causal : {false, true}) {
    for (const std::vector<Index>& lengths : {std::vector<Index>{5, 5}, std::vector<Index>{3, 5}}) {
      CAPTURE(causal);
      CAPTURE(lengths[0]);
      Problem problem;
      problem.input(5 * 2, 6);
      // The same variable as query, keys and values.
      problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
        return {{multi_head_attention(tape, in[0], in[0], in[0],
                                      options_of(2, Real(0.5), causal, lengths))
                     .contexts}};
      });
      // With projections and a residual connection.
      const Parameter wq = problem.parameter(6, 6), wk = problem.parameter(6, 6),
                      wv = problem.parameter(6, 6);
      problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
        const Variable q = linear(tape, in[0], wq), k = linear(tape, in[0], wk),
                       v = linear(tape, in[0], wv);
        const AttentionOutput attention =
            multi_head_attention(tape, q, k, v, options_of(3, Real(0.7), causal, lengths));
        return {{add(tape, in[0], attention.contexts)}};
      });
      // The same, with contexts that are released and made again.
      const Parameter wo = problem.parameter(4, 6);
      problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
        const Variable k = linear(tape, in[0], wk), v = linear(tape, in[0], wv);
        const AttentionOptions options = options_of(3, Real(0.7), causal, lengths);
        const AttentionOutput attention = multi_head_attention(tape, in[0], k, v, options);
        const Variable result = linear(tape, attention.contexts, wo);
        make_contexts_again(tape, attention, v, options, result);
        CHECK((tape.value(attention.contexts).size() == 0) == tape.training());
        return {{result}};
      });
    }
  }
}

TEST_CASE("gradients: one head with scale 1 is Luong's dot attention, keys and values shared") {
  const std::vector<Index> lengths{4, 1, 2};
  Problem problem;
  problem.input(3, 7);
  problem.input(4 * 3, 7);
  problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
    return {{multi_head_attention(tape, in[0], in[1], in[1], options_of(1, Real(1), false, lengths))
                 .contexts}};
  });
}

TEST_CASE("gradients: attention of a sentence without positions is zero and has no gradient") {
  const std::vector<Index> lengths{0, 2};
  Problem problem;
  problem.input(3 * 2, 4);
  problem.input(2 * 2, 4);
  problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
    return {{multi_head_attention(tape, in[0], in[1], in[1], options_of(2, Real(1), false, lengths))
                 .contexts}};
  });
}

}  // namespace seqlab
