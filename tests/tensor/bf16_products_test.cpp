#include "seqlab/tensor/bf16_products.hpp"

#include <bit>
#include <cmath>
#include <limits>

#include <doctest/doctest.h>

#include "seqlab/tensor/random.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
namespace {

Bf16 rounded_bits(float value) {
  Bf16 bits = 0;
  round_to_bf16(&value, &bits, 1);
  return bits;
}

float rounded_value(float value) {
  return std::bit_cast<float>(static_cast<std::uint32_t>(rounded_bits(value)) << 16);
}

Matrix random_matrix(Index rows, Index cols, std::uint64_t seed) {
  Random random(seed, "test");
  Matrix m = make_matrix(rows, cols);
  for (Real& value : m) value = static_cast<Real>(random.normal());
  return m;
}

/// The product of rounded inputs in double precision, and the sum of its absolute terms.
struct Expected {
  double value = 0.0;
  double magnitude = 0.0;
};
Expected expected(const Matrix& a, bool ta, const Matrix& b, bool tb, Index i, Index j) {
  const Index k = ta ? rows(a) : cols(a);
  Expected result;
  for (Index p = 0; p < k; ++p) {
    const float x = ta ? ref(a).row(p)[i] : ref(a).row(i)[p];
    const float y = tb ? ref(b).row(j)[p] : ref(b).row(p)[j];
    const double term = static_cast<double>(rounded_value(x)) * rounded_value(y);
    result.value += term;
    result.magnitude += std::abs(term);
  }
  return result;
}

bool skipped() {
  if (bf16_products_available()) return false;
  MESSAGE("skipped: this processor has no bfloat16 products");
  return true;
}

TEST_CASE("rounding to bfloat16 is to the nearest, ties to even") {
  if (skipped()) return;
  CHECK(rounded_bits(1.0F) == 0x3f80);
  CHECK(rounded_bits(-2.5F) == 0xc020);
  CHECK(rounded_value(1.0F + 1.0F / 256) == 1.0F);                // a tie: the even one is below
  CHECK(rounded_value(1.0F + 3.0F / 256) == 1.0F + 2.0F / 128);   // a tie: the even one is above
  CHECK(rounded_value(1.0F + 1.01F / 256) == 1.0F + 1.0F / 128);  // above the tie
  CHECK(rounded_value(3.4e38F) == std::numeric_limits<float>::infinity());
  CHECK(rounded_value(-std::numeric_limits<float>::infinity()) ==
        -std::numeric_limits<float>::infinity());
  CHECK(std::isnan(rounded_value(std::numeric_limits<float>::quiet_NaN())));
  CHECK(std::isnan(rounded_value(std::bit_cast<float>(0x7f800001U))));
  CHECK(std::isnan(rounded_value(std::bit_cast<float>(0xffffffffU))));
}

TEST_CASE("a thread's large products round their inputs while it asks for that") {
  if (skipped()) return;
  constexpr Index m = 70, n = 90, k = 130;
  std::vector<Real> values;  // b is a parameter
  for (const Real value : random_matrix(1, n * k, 2)) values.push_back(value);
  Workers workers(1);
  RoundedParameters parameters(values);
  parameters.update(workers);
  for (const bool ta : {false, true}) {
    for (const bool tb : {false, true}) {
      for (const Real beta : {Real(0), Real(1)}) {
        const Matrix a = random_matrix(ta ? k : m, ta ? m : k, 1);
        Matrix b = make_matrix(tb ? n : k, tb ? k : n);
        std::copy(values.begin(), values.end(), b.begin());
        const ConstMatrixRef parameter{values.data(), rows(b), cols(b), cols(b)};
        const Transpose op_a = ta ? Transpose::yes : Transpose::no;
        const Transpose op_b = tb ? Transpose::yes : Transpose::no;
        Matrix c = make_matrix(m, n);
        c.fill(beta == Real(0) ? std::numeric_limits<Real>::quiet_NaN() : Real(3));
        Matrix from_parameter = c;
        {
          const Bf16Products scope(&parameters);
          gemm(op_a, op_b, Real(1), ref(a), ref(b), beta, ref(c));
          gemm(op_a, op_b, Real(1), ref(a), parameter, beta, ref(from_parameter));
        }
        CHECK(c == from_parameter);
        Matrix single = make_matrix(m, n);
        gemm(op_a, op_b, Real(1), ref(a), ref(b), Real(0), ref(single));
        double error = 0.0, difference = 0.0;
        for (Index i = 0; i < m; ++i) {
          for (Index j = 0; j < n; ++j) {
            const Expected e = expected(a, ta, b, tb, i, j);
            const double got = ref(c).row(i)[j] - 3.0 * static_cast<double>(beta);
            error = std::max(error, std::abs(got - e.value) / e.magnitude);
            difference = std::max(difference, std::abs(got - ref(single).row(i)[j]));
          }
        }
        CHECK(error < 1e-6);      // sums are in single precision
        CHECK(difference > 1e-3);  // and inputs were rounded
      }
    }
  }
}

TEST_CASE("rounded products of odd sizes and of many terms") {
  if (skipped()) return;
  const RoundedParameters none({});
  for (const Index k : {Index{601}, Index{1100}}) {
    constexpr Index m = 37, n = 45;
    for (const bool ta : {false, true}) {
      for (const bool tb : {false, true}) {
        // Blocks of larger matrices, from odd places on.
        const Matrix a = random_matrix(ta ? k : m, (ta ? m : k), 1);
        const Matrix b = random_matrix(tb ? n : k, (tb ? k : n), 2);
        Matrix large_a = zeros(rows(a), cols(a) + 4), large_b = zeros(rows(b), cols(b) + 7);
        large_a.fill(std::numeric_limits<Real>::quiet_NaN());
        large_b.fill(std::numeric_limits<Real>::quiet_NaN());
        const MatrixRef block_a = ref(large_a).column_block(3, cols(a)),
                        block_b = ref(large_b).column_block(1, cols(b));
        copy(ref(a), block_a);
        copy(ref(b), block_b);
        Matrix c = make_matrix(m, n);
        {
          const Bf16Products scope(&none);
          gemm(ta ? Transpose::yes : Transpose::no, tb ? Transpose::yes : Transpose::no, Real(1),
               block_a, block_b, Real(0), ref(c));
        }
        Index wrong = 0;
        for (Index i = 0; i < m; ++i) {
          for (Index j = 0; j < n; ++j) {
            const Expected e = expected(a, ta, b, tb, i, j);
            wrong += std::abs(ref(c).row(i)[j] - e.value) < 1e-6 * e.magnitude ? 0 : 1;
          }
        }
        CHECK(wrong == 0);
      }
    }
  }
}

TEST_CASE("parameters of odd sizes give the products of the same numbers elsewhere") {
  if (skipped()) return;
  constexpr Index m = 70;
  std::vector<Real> values;
  for (const Real value : random_matrix(1, 1 + 301 * 91, 2)) values.push_back(value);
  RoundedParameters parameters(values);
  Workers workers(1);
  parameters.update(workers);
  for (const bool tb : {false, true}) {
    for (const auto& [rows_of_b, cols_of_b] :
         {std::pair<Index, Index>{301, 90}, {301, 91}, {91, 300}, {91, 301}}) {
      const ConstMatrixRef parameter{values.data() + 1, rows_of_b, cols_of_b, cols_of_b};
      Matrix b = make_matrix(rows_of_b, cols_of_b);
      copy(parameter, ref(b));
      const Matrix a = random_matrix(m, tb ? cols_of_b : rows_of_b, 1);
      const Index n = tb ? rows_of_b : cols_of_b;
      Matrix c = make_matrix(m, n), from_parameter = make_matrix(m, n);
      const Bf16Products scope(&parameters);
      const Transpose op = tb ? Transpose::yes : Transpose::no;
      gemm(Transpose::no, op, Real(1), ref(a), ref(b), Real(0), ref(c));
      gemm(Transpose::no, op, Real(1), ref(a), parameter, Real(0), ref(from_parameter));
      CHECK(c == from_parameter);
    }
  }
}

TEST_CASE("rounded products start from a bias") {
  if (skipped()) return;
  constexpr Index m = 70, n = 90, k = 130;
  const Matrix a = random_matrix(m, k, 1), weight = random_matrix(n, k, 2),
               bias = random_matrix(1, n, 3);
  const RoundedParameters none({});
  Matrix product = make_matrix(m, n), c = make_matrix(m, n);
  c.fill(std::numeric_limits<Real>::quiet_NaN());
  {
    const Bf16Products scope(&none);
    multiply_nt(ref(a), ref(weight), Real(0), ref(product));
    affine(ref(a), ref(weight), bias.data(), ref(c));
  }
  Index wrong = 0;  // a NaN is wrong, too
  for (Index i = 0; i < m; ++i) {
    for (Index j = 0; j < n; ++j) {
      const Real want = ref(product).row(i)[j] + bias.data()[j];
      wrong += std::abs(ref(c).row(i)[j] - want) < Real(2e-5) ? 0 : 1;
    }
  }
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace seqlab
