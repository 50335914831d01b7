#pragma once

// Parameters and inputs of a gradient check, and the check as one assertion.

#include <string>
#include <vector>

#include "seqlab/autograd/gradient_check.hpp"

namespace seqlab::test {

class Problem {
 public:
  /// Values are uniform in [-0.7, 0.7].
  Parameter parameter(Index rows, Index cols) {
    return store_.add(fmt::format("p{}", store_.parameters().size()), rows, cols,
                      {Initializer::Kind::uniform, 0.7});
  }
  /// Values are uniform in [-1, 1]. Inputs are numbered in the order of creation.
  void input(Index row_count, Index col_count) {
    Matrix m = make_matrix(row_count, col_count);
    Random random(3, "problem.input", inputs_.size());
    for (Real& x : ref(m).flat()) x = random.uniform(-1.0, 1.0);
    inputs_.push_back(std::move(m));
  }
  Matrix& input_value(std::size_t i) { return inputs_[i]; }
  ParameterStore& store() { return store_; }

  GradientReport report(const CheckedFunction& function) {
    // The store of a check is never empty, but an operation may have no parameters.
    if (store_.parameters().empty()) parameter(1, 1);
    return check_gradients(store_, inputs_, function);
  }

  void check_gradients_of(const CheckedFunction& function) {
    const GradientReport result = report(function);
    INFO(result.text());
    CHECK(result.passed());
  }

 private:
  ParameterStore store_{5};
  std::vector<Matrix> inputs_;
};

}  // namespace seqlab::test
