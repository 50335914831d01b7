#include "seqlab/tensor/bf16_panels.hpp"

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

#include "seqlab/tensor/bf16_products.hpp"
#include "seqlab/tensor/random.hpp"

namespace seqlab {
namespace {

/// Normal numbers in bfloat16 between others that would spoil every sum.
class RandomBf16 {
 public:
  RandomBf16(Index rows, Index cols, std::uint64_t seed)
      : stride_(cols + 3),
        numbers_(static_cast<std::size_t>((rows + 2) * stride_), Bf16{0x7fc0}),  // NaN
        matrix_{numbers_.data() + stride_ + 1, rows, cols, stride_} {
    Random random(seed, "test");
    for (Index r = 0; r < rows; ++r) {
      for (Index c = 0; c < cols; ++c) {
        const auto value = static_cast<float>(random.normal());
        numbers_[static_cast<std::size_t>((r + 1) * stride_ + 1 + c)] =
            static_cast<Bf16>(std::bit_cast<std::uint32_t>(value) >> 16);
      }
    }
  }
  Bf16Matrix get() const { return matrix_; }
  double operator()(Index r, Index c) const {
    return std::bit_cast<float>(static_cast<std::uint32_t>(matrix_.row(r)[c]) << 16);
  }

 private:
  Index stride_;
  std::vector<Bf16> numbers_;
  Bf16Matrix matrix_;
};

struct Shape {
  Index m, n, k;
};

void check_product(Transpose transpose_a, Transpose transpose_b, const Shape& shape, Real beta) {
  const auto [m, n, k] = shape;
  const bool ta = transpose_a == Transpose::yes, tb = transpose_b == Transpose::yes;
  const RandomBf16 a(ta ? k : m, ta ? m : k, 1), b(tb ? n : k, tb ? k : n, 2);
  // Of c only the block in the middle may change.
  Matrix large = make_matrix(m + 2, n + 2);
  large.fill(beta == Real(0) ? std::numeric_limits<Real>::quiet_NaN() : Real(3));
  const Matrix before = large;
  const MatrixRef c = ref(large).row_block(1, m).column_block(1, n);
  panel_product(transpose_a, transpose_b, a.get(), b.get(), {Real(1), beta, c});
  double error = 0.0;
  for (Index i = 0; i < m; ++i) {
    for (Index j = 0; j < n; ++j) {
      double sum = 3.0 * static_cast<double>(beta), magnitude = 1.0 + sum;
      for (Index p = 0; p < k; ++p) {
        const double term = (ta ? a(p, i) : a(i, p)) * (tb ? b(j, p) : b(p, j));
        sum += term;
        magnitude += std::abs(term);
      }
      error = std::max(error, std::abs(c.row(i)[j] - sum) / magnitude);
      if (std::isnan(c.row(i)[j])) error = std::numeric_limits<double>::infinity();
    }
  }
  CAPTURE(m);
  CAPTURE(n);
  CAPTURE(k);
  CAPTURE(ta);
  CAPTURE(tb);
  CHECK(error < 1e-6);
  const auto bits = [](Real value) {
    return std::bit_cast<std::uint32_t>(static_cast<float>(value));
  };
  Index changed = 0;
  for (Index i = 0; i < m + 2; ++i) {
    for (Index j = 0; j < n + 2; ++j) {
      const bool inside = i >= 1 && i <= m && j >= 1 && j <= n;
      changed += !inside && bits(ref(large).row(i)[j]) != bits(ref(before).row(i)[j]);
    }
  }
  CHECK(changed == 0);
}

TEST_CASE(
    "products in bfloat16 of all edges: rows, columns and terms around a tile's and a panel's") {
  if (!bf16_products_available()) {
    MESSAGE("skipped: this processor has no bfloat16 products");
    return;
  }
  const auto check_all = [](const Shape& shape) {
    for (const Transpose ta : {Transpose::no, Transpose::yes}) {
      for (const Transpose tb : {Transpose::no, Transpose::yes}) {
        for (const Real beta : {Real(0), Real(1)}) check_product(ta, tb, shape, beta);
      }
    }
  };
  for (const Index m : {1, 15, 16, 17, 32, 33, 129}) check_all({m, 33, 35});
  for (const Index n : {1, 15, 16, 17, 32, 47, 64, 65, 100}) check_all({18, n, 35});
  for (const Index k : {1, 2, 31, 32, 33, 511, 512, 513, 545}) check_all({18, 33, k});
}

}  // namespace
}  // namespace seqlab
