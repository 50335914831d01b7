#pragma once

// Compares the gradients of an operation with central differences. Meaningful in double precision
// only: the library is built once more with it for this purpose.
//
// The outputs are projected onto random cotangents, so that one backward pass is compared in
// every entry of every input and parameter:
//
//   objective = loss + sum_i <cotangent_i, output_i>
//   |analytic - numeric| <= absolute + relative * |numeric|
//   numeric = (objective(x + step) - objective(x - step)) / (2 step)
//
// It is also checked that gradients are added to what is there (both of inputs and of parameters),
// that zero cotangents give exactly zero, and, by filling all new memory with NaN, that nothing is
// read before it is written.

#include <functional>
#include <string>
#include <vector>

#include "seqlab/autograd/tape.hpp"
#include "seqlab/nn/parameters.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// What the function under check leaves on the tape.
struct CheckedOutputs {
  std::vector<Variable> outputs;
  double loss = 0.0;  ///< of an operation that sets its own gradient in the forward pass
};

/// Records operations on `inputs`. Called many times; must depend on nothing else that changes.
using CheckedFunction = std::function<CheckedOutputs(Tape& tape, std::span<const Variable> inputs)>;

struct GradientCheckOptions {
  double step = 1e-6;
  double absolute = 1e-6;
  double relative = 1e-4;
  std::uint64_t seed = 1;  ///< of the cotangents and of dropout, which draws the same every time
};

struct GradientReport {
  Index compared = 0;               ///< entries compared with a difference quotient
  std::vector<std::string> errors;  ///< one line for each entry that does not agree

  bool passed() const { return compared > 0 && errors.empty(); }
  std::string text() const;  ///< the first errors, for a test's message
};

/// Values of the store are moved during the check and put back exactly.
GradientReport check_gradients(ParameterStore& parameters, std::vector<Matrix> inputs,
                               const CheckedFunction& function,
                               const GradientCheckOptions& options = {});

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
