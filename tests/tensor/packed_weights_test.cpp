#include "seqlab/tensor/packed_weights.hpp"

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
    Random random(1, "packed");
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
  Random random(2, "packed");
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

/// Each number of `weight`, by a product with the unit matrix.
bool is_transpose(const std::optional<Panels>& packed, ConstMatrixRef weight) {
  if (!packed || packed->terms != weight.cols || packed->cols != weight.rows) return false;
  Matrix unit = zeros(weight.cols, weight.cols), product = make_matrix(weight.cols, weight.rows);
  for (Index i = 0; i < weight.cols; ++i) ref(unit).row(i)[i] = Real(1);
  panel_product(ref(unit), *packed, {Real(1), Real(0), ref(product)});
  for (Index r = 0; r < weight.rows; ++r) {
    for (Index c = 0; c < weight.cols; ++c) {
      if (ref(product).row(c)[r] != weight.row(r)[c]) return false;
    }
  }
  return true;
}

TEST_CASE("packed weights give the products of the originals") {
  const std::vector<Real> parameters = random_parameters(100'000);
  // Sizes that are no multiple of a register's and one that is; terms of one block and of several.
  const Product odd(parameters, 5, 803, 71), even(parameters, 60'000, 128, 256);
  const Product long_rows(parameters, 7, 35, 1100);
  const Matrix expected_odd = odd.result(), expected_even = even.result(),
               expected_long = long_rows.result();
  PackedWeights weights(parameters);
  const PackedProducts scope(&weights);
  CHECK(is_transpose(find_packed(odd.weight), odd.weight));
  CHECK(is_transpose(find_packed(even.weight), even.weight));
  CHECK(is_transpose(find_packed(long_rows.weight), long_rows.weight));
  CHECK(largest_difference(odd.result(), expected_odd) < 1e-5);
  CHECK(largest_difference(even.result(), expected_even) < 1e-5);
  CHECK(largest_difference(long_rows.result(), expected_long) < 5e-5);
}

TEST_CASE("a row's product with a packed weight is the same bits among any number of rows") {
  const std::vector<Real> parameters = random_parameters(300 * 140);
  const Product product(parameters, 0, 140, 300);
  PackedWeights weights(parameters);
  const Panels packed = *weights.find(product.weight);
  Random random(3, "packed");
  Matrix input = make_matrix(45, 300), all = make_matrix(45, 140);
  for (Real& x : input) x = static_cast<Real>(random.uniform(-1.0, 1.0));
  panel_product(ref(input), packed, {Real(1), Real(0), ref(all)});
  for (Index count = 1; count < 45; ++count) {
    Matrix some = make_matrix(count, 140);
    panel_product(ref(input).row_block(45 - count, count), packed,
                  {Real(1), Real(0), ref(some)});
    CHECK(std::equal(some.begin(), some.end(), ref(all).row(45 - count)));
  }
}

TEST_CASE("alpha and beta of a product with a packed weight") {
  const std::vector<Real> parameters = random_parameters(300 * 140);
  const Product product(parameters, 0, 140, 300);
  PackedWeights weights(parameters);
  const Matrix plain = product.result();
  Matrix c = zeros(rows(plain), cols(plain));
  c.fill(Real(3));
  panel_product(ref(product.input), *weights.find(product.weight), {Real(-0.5), Real(2), ref(c)});
  for (Index r = 0; r < rows(c); ++r) {
    for (Index col = 0; col < cols(c); ++col) {
      CHECK(ref(c).row(r)[col] ==
            doctest::Approx(6 - 0.5 * static_cast<double>(ref(plain).row(r)[col])).epsilon(1e-5));
    }
  }
}

TEST_CASE("blocks of a packed weight are told apart") {
  const std::vector<Real> parameters = random_parameters(1024 * 64);
  const ConstMatrixRef weight{parameters.data(), 1024, 64, 64};
  PackedWeights weights(parameters);
  for (const ConstMatrixRef block :
       {weight, weight.row_block(0, 512), weight.row_block(512, 512), weight.column_block(0, 32),
        weight.column_block(32, 32), ConstMatrixRef{weight.data, 1024, 32, 32}, weight}) {
    CHECK(is_transpose(weights.find(block), block));
  }
}

TEST_CASE("an update brings the copies up to date") {
  std::vector<Real> parameters = random_parameters(2060 * 40 + 100);
  // In three parts, the last of them less than a panel.
  const ConstMatrixRef large{parameters.data(), 2060, 40, 40},
      small{parameters.data() + 2060 * 40, 10, 10, 10};
  PackedWeights weights(parameters);
  const std::optional<Panels> copies[] = {weights.find(large), weights.find(small)};
  for (Real& x : parameters) x += Real(1);
  CHECK_FALSE(is_transpose(copies[0], large));
  CHECK_FALSE(is_transpose(copies[1], small));
  Workers workers(2);
  weights.update(workers);
  CHECK(is_transpose(copies[0], large));
  CHECK(is_transpose(copies[1], small));
  // Of two updates without a request between, the second drops the copies; they come back as
  // needed.
  weights.update(workers);
  parameters[0] += Real(1);
  CHECK(is_transpose(weights.find(large), large));
}

TEST_CASE("only weights within the parameters are packed, and only within a scope") {
  const std::vector<Real> parameters = random_parameters(4096), others = random_parameters(4096);
  const Product inside(parameters, 1024, 64, 32), outside(others, 0, 64, 32);
  const Matrix expected = outside.result();
  PackedWeights weights(parameters);
  {
    const PackedProducts scope(&weights);
    CHECK(find_packed(inside.weight));
    CHECK_FALSE(find_packed(outside.weight));
    CHECK_FALSE(find_packed({parameters.data() + parameters.size(), 1, 1, 1}));
    CHECK(largest_difference(outside.result(), expected) == 0.0);
    CHECK_THROWS_AS(PackedProducts{&weights}, std::logic_error);
  }
  CHECK_FALSE(find_packed(inside.weight));
  const PackedProducts none(nullptr);
  CHECK_FALSE(find_packed(inside.weight));
}

TEST_CASE("panels know which were read after them, by the same thread") {
  const std::vector<Real> parameters = random_parameters(3 * 1024);
  const ConstMatrixRef all{parameters.data(), 96, 32, 32};
  const ConstMatrixRef a = all.row_block(0, 32), b = all.row_block(32, 32),
                       c = all.row_block(64, 32);
  PackedWeights weights(parameters);
  const auto after = [&](ConstMatrixRef weight) { return weights.find(weight)->following->load(); };
  {
    const PackedProducts scope(&weights);
    for (const ConstMatrixRef& weight : {a, b, c}) find_packed(weight);
  }
  CHECK(after(a) == weights.find(b)->data);
  CHECK(after(b) == weights.find(c)->data);
  CHECK(after(c) == nullptr);
  {
    const PackedProducts scope(&weights);
    for (const ConstMatrixRef& weight : {a, c, a}) find_packed(weight);
  }
  CHECK(after(a) == weights.find(c)->data);
  CHECK(after(c) == weights.find(a)->data);
  Workers workers(1);
  weights.update(workers);
  CHECK(after(a) == nullptr);
}

TEST_CASE("threads that ask for the same weights at once find them complete") {
  const std::vector<Real> parameters = random_parameters(64 * 1024);
  PackedWeights weights(parameters);
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
