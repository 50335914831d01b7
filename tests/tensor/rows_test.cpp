#include "seqlab/tensor/rows.hpp"

#include <limits>

#include "seqlab/tensor/random.hpp"
#include "seqlab/tensor/simd.hpp"

namespace seqlab {
namespace {

constexpr Index kLongest = 70;  // several registers and every length of tail
constexpr Real kGuard = Real(-77);
constexpr Real kInfinity = std::numeric_limits<Real>::infinity();

/// n random numbers with a guard behind them, which a kernel must not touch.
class Row {
 public:
  Row(Index n, std::uint64_t number) : n_(n), values_(static_cast<std::size_t>(n) + 16, kGuard) {
    Random random(4, "rows", number);
    for (Index i = 0; i < n; ++i) data()[i] = static_cast<Real>(random.uniform(-2.0, 2.0));
  }
  Real* data() { return values_.data(); }
  double at(Index i) const { return static_cast<double>(values_[static_cast<std::size_t>(i)]); }
  bool guarded() const {
    return std::all_of(values_.begin() + n_, values_.end(), [](Real x) { return x == kGuard; });
  }

 private:
  Index n_;
  std::vector<Real> values_;
};

doctest::Approx near(double x) { return doctest::Approx(x).epsilon(2e-6); }

TEST_CASE("tanh is the standard library's to some units in the last place, at the ends too") {
  const auto of = [](Real x) { return tanh(Simd(x)).get(0); };
  constexpr double kUnits = 3.0 * 0x1p-23;
  for (double x = 1e-30; x < 30.0; x = x < 1e-3 ? x * 1.7 : x + 1e-3) {
    const double expected = std::tanh(static_cast<double>(static_cast<Real>(x)));
    const auto value = static_cast<double>(of(static_cast<Real>(x)));
    CAPTURE(x);
    CHECK(std::abs(value - expected) <= kUnits * expected);
    CHECK(value <= 1.0);
    CHECK(of(static_cast<Real>(-x)) == -of(static_cast<Real>(x)));
  }
  CHECK(of(Real(0)) == 0);
  CHECK(static_cast<double>(of(kInfinity)) == doctest::Approx(1.0).epsilon(kUnits));
  CHECK(static_cast<double>(of(-kInfinity)) == doctest::Approx(-1.0).epsilon(kUnits));
  CHECK(std::isnan(of(std::numeric_limits<Real>::quiet_NaN())));
}

TEST_CASE("a weighted sum of rows that lie apart is added, at sizes with and without a tail") {
  for (const Index n : {1, 16, 37}) {
    for (const Index count : {0, 1, 4, 5}) {
      CAPTURE(n);
      CAPTURE(count);
      Matrix rows = make_matrix(5, 50);
      for (std::size_t i = 0; i < rows.size(); ++i) rows.data()[i] = static_cast<Real>(i % 13) - 6;
      const std::vector<Real> weights{Real(1), Real(-2), Real(0.5), Real(3), Real(-0.25)};
      std::vector<Real> y(static_cast<std::size_t>(n), Real(7));
      add_weighted_sum(y.data(), weights.data(), rows.data(), count, 50, n);
      for (Index c = 0; c < n; ++c) {
        Real expected(7);
        for (Index j = 0; j < count; ++j) {
          expected += weights[static_cast<std::size_t>(j)] * ref(rows).row(j)[c];
        }
        CHECK(y[static_cast<std::size_t>(c)] == expected);  // whole halves: exact in any order
      }
    }
  }
}

TEST_CASE("dot products with rows that lie apart, as many as a block and more") {
  for (const Index n : {1, 16, 37}) {
    for (const Index count : {0, 1, 4, 7, 8}) {
      CAPTURE(n);
      CAPTURE(count);
      Matrix rows = make_matrix(8, 50);
      for (std::size_t i = 0; i < rows.size(); ++i) rows.data()[i] = static_cast<Real>(i % 13) - 6;
      Row x(n, 5);
      Row results(8, 6);
      const Row untouched = results;
      dots(results.data(), x.data(), rows.data(), count, 50, n);
      for (Index j = 0; j < 8; ++j) {
        double expected = j < count ? 0.0 : untouched.at(j);
        for (Index c = 0; j < count && c < n; ++c) {
          expected += x.at(c) * static_cast<double>(ref(rows).row(j)[c]);
        }
        CHECK(results.at(j) == near(expected));
      }
      CHECK(results.guarded());
    }
  }
}

}  // namespace

TEST_CASE("rows: reductions of every length") {
  for (Index n = 0; n <= kLongest; ++n) {
    CAPTURE(n);
    Row x(n, 1), y(n, 2);
    double total = 0, product = 0, exponentials = 0;
    for (Index i = 0; i < n; ++i) {
      total += x.at(i);
      product += x.at(i) * y.at(i);
      exponentials += std::exp(x.at(i) - 0.5);
    }
    CHECK(sum(x.data(), n) == near(total));
    CHECK(dot(x.data(), y.data(), n) == near(product));
    CHECK(sum_exp(x.data(), n, Real(0.5)) == near(exponentials));
    const Real largest = n == 0 ? -kInfinity : *std::max_element(x.data(), x.data() + n);
    CHECK(max_value(x.data(), n) == largest);
    if (n > 0) CHECK(argmax(x.data(), n) == std::max_element(x.data(), x.data() + n) - x.data());
  }
}

TEST_CASE("rows: the maximum wherever it stands, all numbers negative, the first of equals") {
  for (Index n = 1; n <= kLongest; ++n) {
    for (Index at = 0; at < n; ++at) {
      std::vector<Real> x(static_cast<std::size_t>(n), Real(-5));
      x[static_cast<std::size_t>(at)] = Real(-1);
      REQUIRE(max_value(x.data(), n) == Real(-1));
      REQUIRE(argmax(x.data(), n) == at);
      x.back() = Real(-1);
      REQUIRE(argmax(x.data(), n) == at);
    }
  }
}

TEST_CASE("rows: changes in place of every length, and nothing past the end") {
  for (Index n = 0; n <= kLongest; ++n) {
    CAPTURE(n);
    const Row x(n, 1);
    Row scaled = x, added = x, exponentials = x, other(n, 2);
    scale(scaled.data(), Real(1.5), n);
    add_scaled(added.data(), Real(-0.75), other.data(), n);
    const Real total = exp_and_sum(exponentials.data(), n, Real(0.25));
    double want_total = 0;
    for (Index i = 0; i < n; ++i) {
      REQUIRE(scaled.at(i) == near(1.5 * x.at(i)));
      REQUIRE(added.at(i) == doctest::Approx(x.at(i) - 0.75 * other.at(i)).epsilon(1e-5));
      REQUIRE(exponentials.at(i) == near(std::exp(x.at(i) - 0.25)));
      want_total += std::exp(x.at(i) - 0.25);
    }
    CHECK(total == near(want_total));
    CHECK(scaled.guarded());
    CHECK(added.guarded());
    CHECK(exponentials.guarded());
  }
}

TEST_CASE("rows: softmax and its gradient of every length") {
  for (Index n = 0; n <= kLongest; ++n) {
    CAPTURE(n);
    const Row x(n, 1);
    Row weights = x, gradient(n, 2);
    const Row cotangent = gradient;
    softmax(weights.data(), n);
    softmax_backward(weights.data(), gradient.data(), n);
    double total = 0, mean = 0;
    for (Index i = 0; i < n; ++i) total += std::exp(x.at(i));
    for (Index i = 0; i < n; ++i) mean += std::exp(x.at(i)) / total * cotangent.at(i);
    for (Index i = 0; i < n; ++i) {
      const double w = std::exp(x.at(i)) / total;
      REQUIRE(weights.at(i) == near(w));
      REQUIRE(std::abs(gradient.at(i) - w * (cotangent.at(i) - mean)) < 1e-6);
    }
    CHECK(weights.guarded());
    CHECK(gradient.guarded());
  }
}

TEST_CASE("rows: softmax of large, of equal and of excluded numbers") {
  std::vector<Real> x{Real(1e4), Real(1e4), -kInfinity, Real(-1e4)};
  softmax(x.data(), 4);
  CHECK(x == std::vector<Real>{Real(0.5), Real(0.5), 0, 0});
}

TEST_CASE("rows: an element's value does not depend on where in the row it stands") {
  // Whole registers and tails compute the same, so padding a row changes nothing.
  const Row x(kLongest, 1);
  Row whole = x;
  exp_and_sum(whole.data(), kLongest, Real(0));
  for (Index n = 1; n < kLongest; ++n) {
    Row part = x;
    exp_and_sum(part.data(), n, Real(0));
    REQUIRE(part.at(n - 1) == whole.at(n - 1));
  }
}

TEST_CASE("rows: operations on blocks touch the block only") {
  Matrix m = zeros(4, 7), a = zeros(3, 2);
  for (std::size_t i = 0; i < m.size(); ++i) m.data()[i] = static_cast<Real>(i);
  for (std::size_t i = 0; i < a.size(); ++i) a.data()[i] = static_cast<Real>(100 * (i + 1));
  const Matrix before = m;
  const MatrixRef block = ref(m).row_block(1, 3).column_block(2, 2);
  const std::vector<Real> row{Real(0.5), Real(-0.5)};
  const auto expect = [&](auto&& inside) {
    for (Index r = 0; r < 4; ++r) {
      for (Index c = 0; c < 7; ++c) {
        const bool within = r >= 1 && c >= 2 && c < 4;
        const Real old = ref(before).row(r)[c];
        REQUIRE(ref(m).row(r)[c] == (within ? inside(r - 1, c - 2, old) : old));
      }
    }
  };
  SUBCASE("add") {
    add(block, ref(a));
    expect([&](Index r, Index c, Real old) { return old + ref(a).row(r)[c]; });
  }
  SUBCASE("copy") {
    copy(ref(a), block);
    expect([&](Index r, Index c, Real) { return ref(a).row(r)[c]; });
  }
  SUBCASE("fill_rows") {
    fill_rows(block, row.data());
    expect([&](Index, Index c, Real) { return row[static_cast<std::size_t>(c)]; });
  }
  SUBCASE("add_to_rows") {
    add_to_rows(block, row.data());
    expect([&](Index, Index c, Real old) { return old + row[static_cast<std::size_t>(c)]; });
  }
  SUBCASE("add_column_sums") {
    std::vector<Real> sums{1, 2};
    add_column_sums(block, sums.data());
    CHECK(sums == std::vector<Real>{1 + 9 + 16 + 23, 2 + 10 + 17 + 24});
  }
  SUBCASE("shapes that do not agree") {
    CHECK_THROWS_AS(add(ref(m), ref(a)), std::logic_error);
    CHECK_THROWS_AS(copy(ref(a), ref(m)), std::logic_error);
  }
}

TEST_CASE("simd: sigmoid is right far from zero") {
  const auto at = [](Real x) {
    alignas(64) std::array<Real, static_cast<std::size_t>(kLanes)> lanes;
    sigmoid(Simd(x)).store_aligned(lanes.data());
    return static_cast<double>(lanes[0]);
  };
  for (const double x : {-80.0, -20.0, -3.0, 0.0, 0.5, 9.0, 80.0}) {
    CHECK(at(static_cast<Real>(x)) == doctest::Approx(1 / (1 + std::exp(-x))).epsilon(1e-6));
  }
  CHECK(at(Real(-1e4)) == 0.0);
  CHECK(at(Real(1e4)) == 1.0);
}

}  // namespace seqlab
