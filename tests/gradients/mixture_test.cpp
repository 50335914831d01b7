// Latent attention's and mixtures' own operations.

#include "seqlab/autograd/mixture.hpp"
#include "gradients/problem.hpp"
#include "seqlab/autograd/heads.hpp"
#include "seqlab/autograd/layout.hpp"

namespace seqlab {
using test::Problem;
using Inputs = std::span<const Variable>;

TEST_CASE("gradients: join_heads, the right part of each head or shared") {
  for (const Index right_heads : {1, 3}) {
    CAPTURE(right_heads);
    Problem problem;
    problem.input(4, 3 * 2);
    problem.input(4, right_heads * 5);
    problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
      return {{join_heads(tape, in[0], in[1], 3, right_heads)}};
    });
  }
}

TEST_CASE("gradients: routing and mixing of experts, the balance loss apart") {
  for (const Index k : {1, 2, 4}) {
    CAPTURE(k);
    Problem problem;
    problem.input(6, 4);  // logits
    problem.input(6, 3);
    problem.check_gradients_of([&](Tape& tape, Inputs in) -> CheckedOutputs {
      const Routing& routing = tape.keep(route(tape, in[0], {}, k, 0.0));
      std::vector<Variable> outputs(4);
      for (std::size_t e = 0; e < 4; ++e) {
        if (routing.rows[e].empty()) continue;
        outputs[e] = rows_at(tape, in[1], routing.rows[e]);
      }
      return {{mix(tape, routing, outputs, 3)}};
    });
  }
}

}  // namespace seqlab
