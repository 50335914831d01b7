#pragma once

// Golden numbers of tests/golden/: reading them, and the formula that they were computed from.

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "seqlab/nn/parameters.hpp"
#include "seqlab/tensor/matrix.hpp"

namespace seqlab::test {

inline nlohmann::json read_golden(const std::string& name) {
  const std::string path = std::string(SEQLAB_SOURCE_DIR) + "/tests/golden/" + name;
  std::ifstream in(path);
  if (!in) throw std::runtime_error("cannot read " + path);
  return nlohmann::json::parse(in);
}

inline const nlohmann::json& torch_golden() {
  static const nlohmann::json numbers = read_golden("torch_operations.json");
  return numbers;
}

inline const nlohmann::json& transformer_golden() {
  static const nlohmann::json numbers = read_golden("torch_transformer.json");
  return numbers;
}

/// What torch_operations.py calls wave.
inline void fill_wave(MatrixRef m, int tag) {
  for (Index i = 0; i < m.rows * m.cols; ++i) {
    const double x = 0.6 * std::sin((0.37 + 0.05 * tag) * static_cast<double>(i) + tag);
    m.data[i] = static_cast<Real>(static_cast<float>(x));
  }
}

inline Matrix wave(int tag, Index row_count, Index col_count) {
  Matrix m = make_matrix(row_count, col_count);
  fill_wave(ref(m), tag);
  return m;
}

/// The largest difference between values and golden numbers, relative to 1 + |golden|. Infinite
/// when the numbers are not as many or something is NaN.
inline double difference(ConstMatrixRef values, const nlohmann::json& golden) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  if (static_cast<std::size_t>(values.rows * values.cols) != golden.size()) return kInfinite;
  double largest = 0.0;
  for (Index r = 0; r < values.rows; ++r) {
    for (Index c = 0; c < values.cols; ++c) {
      const auto want = golden[static_cast<std::size_t>(r * values.cols + c)].get<double>();
      const double d =
          std::abs(static_cast<double>(values.row(r)[c]) - want) / (1 + std::abs(want));
      if (!(d <= largest)) largest = std::isnan(d) ? kInfinite : d;
    }
  }
  return largest;
}

inline constexpr double kGoldenTolerance = 1e-5;

/// A copy with the rows past each sentence's end cleared, as PyTorch pads; time-major.
inline Matrix padded(const Matrix& values, std::span<const Index> lengths) {
  Matrix copy = values;
  const auto batch = static_cast<Index>(lengths.size());
  for (Index r = 0; r < rows(copy); ++r) {
    const Index length = lengths[static_cast<std::size_t>(r % batch)];
    if (r / batch >= length) std::fill_n(ref(copy).row(r), cols(copy), Real(0));
  }
  return copy;
}

/// Parameters by formula, a training tape over them, and inputs whose gradients outlive it.
class GoldenRun {
 public:
  Parameter parameter(int tag, Index rows, Index cols) {
    const Parameter p = store_.add(fmt::format("p{}", store_.parameters().size()), rows, cols, {});
    fill_wave(store_.value(p), tag);
    return p;
  }
  ParameterStore& store() { return store_; }

  /// Call after the last parameter.
  Tape& tape() {
    if (!tape_) {
      gradients_.assign(store_.values().size(), Real(0));
      tape_ = std::make_unique<Tape>(store_.values(), gradients_, nullptr);
    }
    return *tape_;
  }
  Variable input(int tag, Index row_count, Index col_count) {
    const Variable v = tape().variable(wave(tag, row_count, col_count));
    input_gradients_.push_back(std::make_unique<Matrix>(zeros(row_count, col_count)));
    tape_->on_backward(v, [t = tape_.get(), v, to = input_gradients_.back().get()] {
      const MatrixRef from = t->gradient(v);
      std::copy_n(from.data, to->size(), to->data());
    });
    return v;
  }
  void add_cotangent(Variable v, const Matrix& values) {
    const MatrixRef to = tape().gradient(v);
    for (std::size_t i = 0; i < values.size(); ++i) to.data[i] += values.data()[i];
  }
  ConstMatrixRef input_gradient(std::size_t i) const {
    return ref(std::as_const(*input_gradients_[i]));
  }
  ConstMatrixRef gradient(Parameter p) const {
    return {gradients_.data() + p.offset, p.rows, p.cols, p.cols};
  }

 private:
  ParameterStore store_{1};
  FlatBuffer gradients_;
  std::unique_ptr<Tape> tape_;
  std::vector<std::unique_ptr<Matrix>> input_gradients_;
};

}  // namespace seqlab::test
