#include "seqlab/tensor/gemm.hpp"

#include <limits>

#include "seqlab/tensor/flops.hpp"
#include "seqlab/tensor/random.hpp"

namespace seqlab {
namespace {

/// A block of a wider matrix, so that the distance between rows is more than their width. What is
/// around the block is NaN and must be neither read nor written.
class Block {
 public:
  Block(Index row_count, Index col_count, Index extra, Random& random)
      : storage_(make_matrix(row_count, col_count + extra)),
        block_(ref(storage_).column_block(extra / 2, col_count)) {
    storage_.fill(std::numeric_limits<Real>::quiet_NaN());
    for (Index r = 0; r < row_count; ++r) {
      for (Index c = 0; c < col_count; ++c) {
        block_.row(r)[c] = static_cast<Real>(random.uniform(-1.0, 1.0));
      }
    }
  }
  MatrixRef get() const { return block_; }
  void fill(Real value) {
    for (Index r = 0; r < block_.rows; ++r) std::fill_n(block_.row(r), block_.cols, value);
  }
  Index nan_count() const {
    return std::count_if(storage_.data(), storage_.data() + storage_.size(),
                         [](Real x) { return std::isnan(x); });
  }

 private:
  Matrix storage_;
  MatrixRef block_;
};

struct Product {
  Index m, n, k;
  Transpose a = Transpose::no, b = Transpose::no;
  Index extra = 0;
  Real alpha = 1, beta = 0;
};

/// The largest difference between gemm and three loops in double precision.
double error_of(const Product& p) {
  Random random(1, "gemm");
  const bool ta = p.a == Transpose::yes, tb = p.b == Transpose::yes;
  const Block a(ta ? p.k : p.m, ta ? p.m : p.k, p.extra, random);
  const Block b(tb ? p.n : p.k, tb ? p.k : p.n, p.extra, random);
  Block c(p.m, p.n, p.extra, random);
  Matrix before = make_matrix(p.m, p.n);
  for (Index r = 0; r < p.m; ++r) std::copy_n(c.get().row(r), p.n, ref(before).row(r));
  if (p.beta == 0) c.fill(std::numeric_limits<Real>::quiet_NaN());
  gemm(p.a, p.b, p.alpha, a.get(), b.get(), p.beta, c.get());
  CHECK(c.nan_count() == p.m * p.extra);

  double largest = 0.0;
  for (Index i = 0; i < p.m; ++i) {
    for (Index j = 0; j < p.n; ++j) {
      double sum = 0.0;
      for (Index l = 0; l < p.k; ++l) {
        const Real x = ta ? a.get().row(l)[i] : a.get().row(i)[l];
        const Real y = tb ? b.get().row(j)[l] : b.get().row(l)[j];
        sum += static_cast<double>(x) * static_cast<double>(y);
      }
      double want = static_cast<double>(p.alpha) * sum;
      if (p.beta != 0)
        want += static_cast<double>(p.beta) * static_cast<double>(ref(before).row(i)[j]);
      largest = std::max(largest, std::abs(static_cast<double>(c.get().row(i)[j]) - want));
    }
  }
  return largest;
}

TEST_CASE("products are counted: two operations for a multiplication and its addition") {
  const FlopCount count;
  Matrix a = zeros(3, 5), b = zeros(7, 5), c = zeros(3, 7);
  multiply_nt(ref(a), ref(b), Real(0), ref(c));
  CHECK(count.value() == 2.0 * 3 * 5 * 7);
}

}  // namespace

TEST_CASE("gemm: every transpose, stride, alpha and beta against three loops") {
  // One row is the libraries', and so are two to seven times a transposed matrix. Those of
  // panel_product: small ones, with one to four registers in a row on any processor; few rows with
  // more columns, in several panels, the last of them whole or not; both with more terms than are
  // added up at a time; and such as are just too wide or tall for it (with AVX-512 but for those with
  // b transposed and for 512 rows or more). The last four are large enough for oneDNN, where it is
  // built in.
  const std::vector<std::array<Index, 3>> sizes{
      {1, 1, 1},     {1, 7, 5},      {5, 1, 7},      {7, 5, 1},      {3, 17, 33},   {8, 1, 1},
      {9, 3, 5},     {12, 8, 7},     {11, 9, 4},     {25, 16, 25},   {25, 25, 32},  {31, 32, 16},
      {13, 33, 10},  {10, 64, 25},   {8, 13, 256},   {8, 13, 257},   {2, 67, 33},   {5, 100, 20},
      {7, 144, 9},   {40, 130, 256}, {40, 130, 257}, {29, 144, 300}, {41, 144, 30}, {3, 80, 2048},
      {3, 80, 2049}, {1, 200, 300},  {64, 65, 66},   {130, 70, 90},
      {515, 70, 258}};
  for (const auto& [m, n, k] : sizes) {
    for (const Transpose a : {Transpose::no, Transpose::yes}) {
      for (const Transpose b : {Transpose::no, Transpose::yes}) {
        for (const Index extra : {0, 6}) {
          for (const auto& [alpha, beta] :
               {std::pair<Real, Real>{1, 0}, {Real(0.5), 1}, {-2, Real(0.25)}}) {
            CAPTURE(m);
            CAPTURE(n);
            CAPTURE(k);
            CAPTURE(a == Transpose::yes);
            CAPTURE(b == Transpose::yes);
            CAPTURE(extra);
            CAPTURE(beta);
            CHECK(error_of({m, n, k, a, b, extra, alpha, beta}) < 5e-5);
          }
        }
      }
    }
  }
}

TEST_CASE("affine: the product and the bias in every row, whatever was there") {
  // One row, a few, and many; more terms than are added up at a time; a column in part of a panel.
  Random random(3, "affine");
  for (const Index m : {1, 3, 30, 600}) {
    for (const auto& [n, k] : {std::pair<Index, Index>{5, 7}, {70, 300}, {200, 64}}) {
      CAPTURE(m);
      CAPTURE(n);
      const Block a(m, k, 0, random), weight(n, k, 0, random), bias(1, n, 0, random);
      Matrix product = make_matrix(m, n), c = make_matrix(m, n);
      multiply_nt(a.get(), weight.get(), Real(0), ref(product));
      c.fill(std::numeric_limits<Real>::quiet_NaN());
      affine(a.get(), weight.get(), bias.get().row(0), ref(c));
      Index wrong = 0;  // a NaN is wrong, too
      for (Index i = 0; i < m; ++i) {
        for (Index j = 0; j < n; ++j) {
          const Real want = ref(product).row(i)[j] + bias.get().row(0)[j];
          wrong += std::abs(ref(c).row(i)[j] - want) < Real(5e-6) ? 0 : 1;
        }
      }
      CHECK(wrong == 0);
    }
  }
}

TEST_CASE("gemm: products without rows or columns") {
  Matrix a = zeros(0, 4), b = zeros(4, 3), c = zeros(0, 3);
  multiply_nn(ref(a), ref(b), Real(0), ref(c));
  // No terms to add up: c becomes beta c.
  Matrix d = zeros(2, 0), e = zeros(0, 3), f = make_matrix(2, 3);
  f.fill(Real(2));
  multiply_nn(ref(d), ref(e), Real(0.5), ref(f));
  for (const Real x : ref(f).flat()) CHECK(x == Real(1));
  f.fill(std::numeric_limits<Real>::quiet_NaN());
  multiply_nn(ref(d), ref(e), Real(0), ref(f));
  for (const Real x : ref(f).flat()) CHECK(x == Real(0));
}

TEST_CASE("gemm: shapes that do not agree are a mistake of the caller") {
  Matrix a = zeros(2, 3), b = zeros(3, 4), c = zeros(2, 4), wrong = zeros(2, 5);
  CHECK_NOTHROW(multiply_nn(ref(a), ref(b), Real(0), ref(c)));
  CHECK_THROWS_AS(multiply_nt(ref(a), ref(b), Real(0), ref(c)), std::logic_error);
  CHECK_THROWS_AS(multiply_nn(ref(a), ref(b), Real(0), ref(wrong)), std::logic_error);
}

TEST_CASE("gemm: a batch of rows gives each row what it gets in any other batch of its size") {
  Random random(2, "gemm");
  const Block a(20, 33, 0, random), b(41, 33, 0, random);
  Matrix first = make_matrix(20, 41), second = make_matrix(20, 41), reversed = make_matrix(20, 33);
  for (Index r = 0; r < 20; ++r) std::copy_n(a.get().row(19 - r), 33, ref(reversed).row(r));
  multiply_nt(a.get(), b.get(), Real(0), ref(first));
  multiply_nt(ref(reversed), b.get(), Real(0), ref(second));
  for (Index r = 0; r < 20; ++r) {
    for (Index c = 0; c < 41; ++c) {
      CHECK(ref(first).row(r)[c] == doctest::Approx(ref(second).row(19 - r)[c]).epsilon(1e-5));
    }
  }
}

TEST_CASE("gemm: the manifest names the libraries") {
  CHECK(gemm_description().find("OpenBLAS") != std::string::npos);
}

}  // namespace seqlab
