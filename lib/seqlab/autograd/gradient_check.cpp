#include "seqlab/autograd/gradient_check.hpp"

#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// New memory is NaN during the life of this object.
class PoisonedBuffers {
 public:
  PoisonedBuffers() { poison_new_buffers(true); }
  ~PoisonedBuffers() { poison_new_buffers(false); }
  PoisonedBuffers(const PoisonedBuffers&) = delete;
  PoisonedBuffers& operator=(const PoisonedBuffers&) = delete;
};

Matrix random_matrix(Index row_count, Index col_count, Random& random) {
  Matrix m = make_matrix(row_count, col_count);
  for (Real& x : ref(m).flat()) x = static_cast<Real>(random.uniform(-1.0, 1.0));
  return m;
}

/// Gradients of one backward pass with respect to the inputs.
using InputGradients = std::vector<Matrix>;

class Checker {
 public:
  Checker(ParameterStore& parameters, std::vector<Matrix> inputs, const CheckedFunction& function,
          const GradientCheckOptions& options)
      : parameters_(parameters),
        inputs_(std::move(inputs)),
        function_(function),
        options_(options),
        gradients_(parameters.values().size(), Real(0)),
        scratch_(parameters.values().size(), Real(0)) {
    check(!parameters.values().empty(), "gradient check: the store needs a parameter");
  }

  GradientReport run() {
    const InputGradients first = backward(Real(1), {}, gradients_);
    compare_with_differences(first);
    check_accumulation(first);
    check_zero_cotangent();
    return std::move(report_);
  }

 private:
  /// Records the function on a fresh tape, with dropout masks that are the same every time.
  template <typename Use>
  void record(std::span<Real> gradients, Use&& use) {
    Random random(options_.seed, "gradient check.dropout");
    Tape tape(parameters_.values(), gradients, &random);
    std::vector<Variable> variables;
    for (const Matrix& input : inputs_) variables.push_back(tape.variable(input));
    use(tape, variables);
  }

  double objective() {
    double total = 0.0;
    record(scratch_, [&](Tape& tape, std::span<const Variable> variables) {
      const CheckedOutputs result = function_(tape, variables);
      total = result.loss;
      sets_own_gradient_ = result.loss != 0.0;
      for (std::size_t i = 0; i < result.outputs.size(); ++i) {
        const Matrix& value = tape.value(result.outputs[i]);
        const Matrix& weight = cotangent(i, rows(value), cols(value));
        for (std::size_t j = 0; j < value.size(); ++j) {
          total += static_cast<double>(weight.data()[j]) * static_cast<double>(value.data()[j]);
        }
      }
    });
    return total;
  }

  const Matrix& cotangent(std::size_t output, Index row_count, Index col_count) {
    if (output == cotangents_.size()) {
      Random random(options_.seed, "gradient check.cotangent", output);
      cotangents_.push_back(random_matrix(row_count, col_count, random));
    }
    return cotangents_.at(output);
  }

  /// One backward pass. `present` are gradients that the inputs have before it; may be empty.
  InputGradients backward(Real cotangent_scale, const InputGradients& present,
                          std::span<Real> gradients) {
    InputGradients result;
    for (const Matrix& input : inputs_) result.push_back(zeros(rows(input), cols(input)));
    record(gradients, [&](Tape& tape, std::span<const Variable> variables) {
      // Recorded first, so run last, when the gradients of the inputs are complete.
      for (std::size_t i = 0; i < variables.size(); ++i) {
        tape.on_backward(variables[i], [&tape, &result, i, v = variables[i]] {
          copy(tape.gradient(v), ref(result[i]));
        });
        if (!present.empty()) copy(ref(present[i]), tape.gradient(variables[i]));
      }
      const CheckedOutputs outputs = function_(tape, variables);
      for (std::size_t i = 0; i < outputs.outputs.size(); ++i) {
        const MatrixRef target = tape.gradient(outputs.outputs[i]);
        const Matrix& weight = cotangent(i, target.rows, target.cols);
        add_scaled(target.data, cotangent_scale, weight.data(), target.rows * target.cols);
      }
      tape.backward();
    });
    return result;
  }

  void compare_with_differences(const InputGradients& analytic) {
    for (const NamedParameter& p : parameters_.parameters()) {
      compare(p.name, parameters_.value(p.place).flat(), gradients_.data() + p.place.offset);
    }
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      compare(fmt::format("input {}", i), ref(inputs_[i]).flat(), analytic[i].data());
    }
  }

  void compare(const std::string& name, std::span<Real> values, const Real* analytic) {
    for (std::size_t i = 0; i < values.size(); ++i) {
      const Real value = values[i];
      const Real above = value + static_cast<Real>(options_.step);
      const Real below = value - static_cast<Real>(options_.step);
      values[i] = above;
      const double up = objective();
      values[i] = below;
      const double down = objective();
      values[i] = value;
      const double numeric = (up - down) / static_cast<double>(above - below);
      expect(name, i, static_cast<double>(analytic[i]), numeric,
             options_.absolute + options_.relative * std::abs(numeric), "difference quotient");
      ++report_.compared;
    }
  }

  /// A second pass, with gradients present, adds the same once more.
  void check_accumulation(const InputGradients& first) {
    FlatBuffer twice = gradients_;
    Random random(options_.seed, "gradient check.present");
    InputGradients present;
    for (const Matrix& input : inputs_) {
      present.push_back(random_matrix(rows(input), cols(input), random));
    }
    const InputGradients second = backward(Real(1), present, twice);
    for (const NamedParameter& p : parameters_.parameters()) {
      for (Index i = 0; i < p.place.rows * p.place.cols; ++i) {
        const auto at = static_cast<std::size_t>(p.place.offset + i);
        expect_same(p.name, static_cast<std::size_t>(i), twice[at], Real(2) * gradients_[at],
                    "twice the gradient of one pass");
      }
    }
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      for (std::size_t j = 0; j < second[i].size(); ++j) {
        expect_same(fmt::format("input {}", i), j, second[i].data()[j],
                    present[i].data()[j] + first[i].data()[j], "the gradient added to another");
      }
    }
  }

  void check_zero_cotangent() {
    FlatBuffer none(gradients_.size(), Real(0));
    if (sets_own_gradient_) return;
    const InputGradients inputs = backward(Real(0), {}, none);
    for (const NamedParameter& p : parameters_.parameters()) {
      for (Index i = 0; i < p.place.rows * p.place.cols; ++i) {
        expect(p.name, static_cast<std::size_t>(i),
               static_cast<double>(none[static_cast<std::size_t>(p.place.offset + i)]), 0.0, 0.0,
               "zero for a zero cotangent");
      }
    }
    for (std::size_t i = 0; i < inputs_.size(); ++i) {
      for (std::size_t j = 0; j < inputs[i].size(); ++j) {
        expect(fmt::format("input {}", i), j, static_cast<double>(inputs[i].data()[j]), 0.0, 0.0,
               "zero for a zero cotangent");
      }
    }
  }

  /// Equal but for the order of additions.
  void expect_same(const std::string& name, std::size_t entry, Real value, Real wanted,
                   const char* what) {
    const auto w = static_cast<double>(wanted);
    expect(name, entry, static_cast<double>(value), w, 1e-10 * (1.0 + std::abs(w)), what);
  }

  void expect(const std::string& name, std::size_t entry, double value, double wanted,
              double tolerance, const char* what) {
    if (std::abs(value - wanted) <= tolerance) return;  // false for NaN
    report_.errors.push_back(
        fmt::format("{} [{}]: {}, expected {} ({})", name, entry, value, wanted, what));
  }

  ParameterStore& parameters_;
  std::vector<Matrix> inputs_;
  const CheckedFunction& function_;
  GradientCheckOptions options_;
  FlatBuffer gradients_;
  FlatBuffer scratch_;
  std::vector<Matrix> cotangents_;
  bool sets_own_gradient_ = false;
  GradientReport report_;
};

}  // namespace

std::string GradientReport::text() const {
  constexpr std::size_t kShown = 5;
  std::string text = fmt::format("{} entries compared, {} errors", compared, errors.size());
  for (std::size_t i = 0; i < std::min(kShown, errors.size()); ++i) text += "\n  " + errors[i];
  return text;
}

GradientReport check_gradients(ParameterStore& parameters, std::vector<Matrix> inputs,
                               const CheckedFunction& function,
                               const GradientCheckOptions& options) {
  const PoisonedBuffers poisoned;
  return Checker(parameters, std::move(inputs), function, options).run();
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
