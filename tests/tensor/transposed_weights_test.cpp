#include "seqlab/tensor/transposed_weights.hpp"

#include <doctest/doctest.h>

#include <algorithm>

#include "seqlab/tensor/gemm.hpp"
#include "seqlab/tensor/random.hpp"
#include "seqlab/tensor/workers.hpp"

namespace seqlab {
namespace {

/// A weight [out, in] among the parameters of a model, and rows to multiply with it.
struct Product {
  Product(std::span<const Real> parameters, Index offset, Index out, Index in)
      : weight{parameters.data() + offset, out, in, in}, input(make_matrix(24, in)) {
    Random random(1, "transposed");
    for (Real& x : input) x = static_cast<Real>(random.uniform(-1.0, 1.0));
  }

  Matrix result() const {
    Matrix c = make_matrix(rows(input), weight.rows);
    multiply_nt(ref(input), weight, Real(0), ref(c));
    return c;
  }

  ConstMatrixRef weight;
  Matrix input;
};

std::vector<Real> random_parameters(std::size_t count) {
  Random random(2, "transposed");
  std::vector<Real> values(count);
  for (Real& x : values) x = static_cast<Real>(random.uniform(-1.0, 1.0));
  return values;
}

double largest_difference(const Matrix& a, const Matrix& b) {
  double largest = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(a.data()[i] - b.data()[i])));
  }
  return largest;
}

bool is_transpose(const std::optional<ConstMatrixRef>& transposed, ConstMatrixRef weight) {
  if (!transposed || transposed->rows != weight.cols || transposed->cols != weight.rows) return false;
  for (Index r = 0; r < weight.rows; ++r) {
    for (Index c = 0; c < weight.cols; ++c) {
      if (transposed->row(c)[r] != weight.row(r)[c]) return false;
    }
  }
  return true;
}

TEST_CASE("transposed weights give the products of the originals") {
  const std::vector<Real> parameters = random_parameters(100'000);
  // Sizes that are no multiple of the tiles in which a copy is made, and one that is.
  const Product odd(parameters, 5, 803, 71), even(parameters, 60'000, 128, 256);
  const Matrix expected_odd = odd.result(), expected_even = even.result();
  TransposedWeights weights(parameters);
  const TransposedProducts scope(&weights);
  CHECK(is_transpose(find_transposed(odd.weight), odd.weight));
  CHECK(is_transpose(find_transposed(even.weight), even.weight));
  CHECK(largest_difference(odd.result(), expected_odd) < 1e-5);
  CHECK(largest_difference(even.result(), expected_even) < 1e-5);
}

TEST_CASE("blocks of a transposed weight are told apart, and its rows never lie a power of two apart") {
  const std::vector<Real> parameters = random_parameters(1024 * 64);
  const ConstMatrixRef weight{parameters.data(), 1024, 64, 64};
  TransposedWeights weights(parameters);
  for (const ConstMatrixRef block :
       {weight, weight.row_block(0, 512), weight.row_block(512, 512), weight.column_block(0, 32),
        weight.column_block(32, 32), ConstMatrixRef{weight.data, 1024, 32, 32}, weight}) {
    CHECK(is_transpose(weights.find(block), block));
    CHECK(weights.find(block)->stride % 32 == 16);
  }
}

TEST_CASE("an update brings the copies up to date") {
  std::vector<Real> parameters = random_parameters(3000 * 40 + 100);
  const ConstMatrixRef large{parameters.data(), 3000, 40, 40},
      small{parameters.data() + 3000 * 40, 10, 10, 10};
  TransposedWeights weights(parameters);
  const std::optional<ConstMatrixRef> copies[] = {weights.find(large), weights.find(small)};
  for (Real& x : parameters) x += Real(1);
  CHECK_FALSE(is_transpose(copies[0], large));
  CHECK_FALSE(is_transpose(copies[1], small));
  Workers workers(2);
  weights.update(workers);
  CHECK(is_transpose(copies[0], large));
  CHECK(is_transpose(copies[1], small));
  // Of two updates without a request between, the second drops the copies; they come back as needed.
  weights.update(workers);
  parameters[0] += Real(1);
  CHECK(is_transpose(weights.find(large), large));
}

TEST_CASE("only weights within the parameters are transposed, and only within a scope") {
  const std::vector<Real> parameters = random_parameters(4096), others = random_parameters(4096);
  const Product inside(parameters, 1024, 64, 32), outside(others, 0, 64, 32);
  const Matrix expected = outside.result();
  TransposedWeights weights(parameters);
  {
    const TransposedProducts scope(&weights);
    CHECK(find_transposed(inside.weight));
    CHECK_FALSE(find_transposed(outside.weight));
    CHECK_FALSE(find_transposed({parameters.data() + parameters.size(), 1, 1, 1}));
    CHECK(largest_difference(outside.result(), expected) == 0.0);
    CHECK_THROWS_AS(TransposedProducts{&weights}, std::logic_error);
  }
  CHECK_FALSE(find_transposed(inside.weight));
  const TransposedProducts none(nullptr);
  CHECK_FALSE(find_transposed(inside.weight));
}

TEST_CASE("threads that ask for the same weights at once find them complete") {
  const std::vector<Real> parameters = random_parameters(64 * 1024);
  TransposedWeights weights(parameters);
  Workers workers(4);
  std::vector<char> right(64, 0);
  workers.run(64, [&](Index task) {
    const ConstMatrixRef weight{parameters.data() + task % 8 * 8192, 64, 128, 128};
    right[static_cast<std::size_t>(task)] = is_transpose(weights.find(weight), weight) ? 1 : 0;
  });
  CHECK(std::count(right.begin(), right.end(), 1) == 64);
}

}  // namespace
}  // namespace seqlab
