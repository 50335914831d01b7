#include "seqlab/tensor/transposed_weight.hpp"

#include <doctest/doctest.h>

#include "seqlab/tensor/gemm.hpp"
#include "seqlab/tensor/random.hpp"

namespace seqlab {
namespace {

Matrix random_matrix(Index row_count, Index col_count, Random& random) {
  Matrix m = make_matrix(row_count, col_count);
  for (Real& x : m) x = static_cast<Real>(random.uniform(-1.0, 1.0));
  return m;
}

Matrix product_nt(const Matrix& a, const Matrix& b) {
  Matrix c = make_matrix(rows(a), rows(b));
  multiply_nt(ref(a), ref(b), Real(0), ref(c));
  return c;
}

double largest_difference(const Matrix& a, const Matrix& b) {
  double largest = 0.0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(a.data()[i] - b.data()[i])));
  }
  return largest;
}

TEST_CASE("a transposed weight gives the products of the original") {
  Random random(1, "transposed");
  // Sizes that are no multiple of the tiles in which the copy is made.
  const Matrix weight = random_matrix(803, 71, random), input = random_matrix(24, 71, random);
  const Matrix expected = product_nt(input, weight);
  Workers workers(2);
  const TransposedWeight transposed(ref(weight), workers);
  for (Index r = 0; r < rows(weight); ++r) {
    for (Index c = 0; c < cols(weight); ++c) {
      REQUIRE(transposed.transposed().row(c)[r] == ref(weight).row(r)[c]);
    }
  }
  const TransposedProducts scope(&transposed);
  CHECK(find_transposed(ref(weight)) == &transposed);
  CHECK(largest_difference(product_nt(input, weight), expected) < 1e-5);
}

TEST_CASE("a transposed weight is read for itself alone, and only within its scope") {
  Random random(2, "transposed");
  const Matrix weight = random_matrix(64, 32, random), other = random_matrix(64, 32, random);
  const Matrix input = random_matrix(16, 32, random);
  const Matrix expected = product_nt(input, other);
  Workers workers(2);
  const TransposedWeight transposed(ref(weight), workers);
  {
    const TransposedProducts scope(&transposed);
    CHECK(find_transposed(ref(other)) == nullptr);
    CHECK(find_transposed(ref(weight).row_block(0, 63)) == nullptr);
    CHECK(largest_difference(product_nt(input, other), expected) == 0.0);
    CHECK_THROWS_AS(TransposedProducts{&transposed}, std::logic_error);
  }
  CHECK(find_transposed(ref(weight)) == nullptr);
}

}  // namespace
}  // namespace seqlab
