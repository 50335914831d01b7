#include "seqlab/autograd/tape.hpp"

#include "seqlab/autograd/cross_entropy.hpp"
#include "seqlab/autograd/layers.hpp"
#include "seqlab/nn/parameters.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
namespace {

Matrix constant(Index row_count, Index col_count, Real value) {
  Matrix m = make_matrix(row_count, col_count);
  m.fill(value);
  return m;
}

}  // namespace

TEST_CASE("tape: an evaluation tape records nothing and drops nothing out") {
  ParameterStore store(1);
  store.add("w", 2, 3, {});
  Tape tape(store.values());
  CHECK_FALSE(tape.training());
  const Variable x = tape.variable(constant(2, 3, Real(1)));
  CHECK(dropout(tape, x, 0.5).index == x.index);
  bool ran = false;
  tape.on_backward(x, [&ran] { ran = true; });
  tape.gradient(x);
  tape.backward();
  CHECK_FALSE(ran);
}

TEST_CASE("tape: backward runs what the loss depends on, in reverse, and destroys everything") {
  ParameterStore store(1);
  store.add("w", 1, 1, {});
  FlatBuffer gradients(store.values().size(), Real(0));
  Tape tape(store.values(), gradients, nullptr);
  const auto witness = std::make_shared<int>(0);
  std::vector<int> order;
  const Variable first = tape.variable(constant(1, 1, Real(1)));
  const Variable unused = tape.variable(constant(1, 1, Real(1)));
  const Variable last = tape.variable(constant(1, 1, Real(1)));
  tape.on_backward(first, [&order, witness] { order.push_back(1); });
  tape.on_backward(unused, [&order, witness] { order.push_back(2); });
  tape.on_backward(last, [&order, &tape, first, witness] {
    order.push_back(3);
    tape.gradient(first).data[0] += Real(1);
  });
  CHECK(witness.use_count() == 4);
  tape.backward(last);
  CHECK(order == std::vector<int>{3, 1});
  CHECK(witness.use_count() == 1);

  tape.on_backward(tape.variable(constant(1, 1, Real(1))), [witness] {});
  tape.clear();
  CHECK(witness.use_count() == 1);
}

TEST_CASE("tape: many recorded functions, some of them large, survive in the arena") {
  ParameterStore store(1);
  store.add("w", 1, 1, {});
  FlatBuffer gradients(store.values().size(), Real(0));
  Tape tape(store.values(), gradients, nullptr);
  for (int round = 0; round < 2; ++round) {
    Index total = 0;
    for (Index i = 0; i < 3000; ++i) {
      const Variable v = tape.variable(constant(1, 1, Real(0)));
      tape.gradient(v);
      std::array<Index, 40> load{};
      load.fill(i);
      tape.on_backward(v, [&total, load] { total += load[0] + load[39]; });
    }
    tape.backward();
    CHECK(total == 3000 * 2999);
  }
}

TEST_CASE("tape: what is kept lives until the tape is cleared, on an evaluation tape too") {
  ParameterStore store(1);
  store.add("w", 1, 1, {});
  Tape tape(store.values());
  const auto witness = std::make_shared<int>(5);
  const std::shared_ptr<int>& kept = tape.keep(witness);
  const std::vector<int>& numbers = tape.keep(std::vector<int>(1000, 7));
  for (Index i = 0; i < 5000; ++i) tape.keep(std::array<Index, 10>{});
  CHECK(*kept == 5);
  CHECK(numbers == std::vector<int>(1000, 7));
  CHECK(witness.use_count() == 2);
  tape.clear();
  CHECK(witness.use_count() == 1);
}

TEST_CASE("tape: the loss of backward is one number") {
  ParameterStore store(1);
  store.add("w", 1, 1, {});
  FlatBuffer gradients(store.values().size(), Real(0));
  Tape tape(store.values(), gradients, nullptr);
  const Variable matrix = tape.variable(constant(2, 1, Real(1)));
  CHECK_THROWS_AS(tape.backward(matrix), std::logic_error);
  FlatBuffer wrong(store.values().size() + 1, Real(0));
  CHECK_THROWS_AS(Tape(store.values(), wrong, nullptr), std::logic_error);
}

TEST_CASE("dropout: keeps the wanted share and the mean; equal streams give equal masks") {
  ParameterStore store(1);
  store.add("w", 1, 1, {});
  FlatBuffer gradients(store.values().size(), Real(0));
  const auto mask = [&](std::uint64_t seed, double rate) {
    Random random(seed, "dropout");
    Tape tape(store.values(), gradients, &random);
    const Variable x = tape.variable(constant(200, 101, Real(1)));
    return tape.value(dropout(tape, x, rate));
  };
  const Matrix a = mask(1, 0.3);
  const auto count = static_cast<double>(a.size());
  const auto zeros_in = static_cast<double>(std::count(a.data(), a.data() + a.size(), Real(0)));
  CHECK(zeros_in / count == doctest::Approx(0.3).epsilon(0.04));
  CHECK(static_cast<double>(sum(a.data(), static_cast<Index>(a.size()))) / count ==
        doctest::Approx(1.0).epsilon(0.02));
  CHECK(*std::max_element(a.data(), a.data() + a.size()) == doctest::Approx(1 / 0.7).epsilon(1e-4));
  const Matrix again = mask(1, 0.3), other = mask(2, 0.3);
  CHECK(std::equal(a.data(), a.data() + a.size(), again.data()));
  CHECK_FALSE(std::equal(a.data(), a.data() + a.size(), other.data()));
}

TEST_CASE("operations: callers' mistakes are found") {
  ParameterStore store(1);
  const Parameter weight = store.add("w", 4, 3, {});
  Tape tape(store.values());
  const Variable x = tape.variable(constant(2, 5, Real(1)));
  CHECK_THROWS_AS(linear(tape, x, weight), std::logic_error);
  const std::vector<TokenId> outside{0, 4}, negative{-1};
  CHECK_THROWS_AS(embedding(tape, weight, outside), std::logic_error);
  CHECK_THROWS_AS(embedding(tape, weight, negative), std::logic_error);
  CHECK_THROWS_AS(add(tape, x, tape.variable(constant(2, 4, Real(1)))), std::logic_error);
  const std::vector<TokenId> targets{1};
  CHECK_THROWS_AS(linear_softmax_cross_entropy(tape, x, weight, {}, targets, {}), std::logic_error);
}

}  // namespace seqlab
