#include "seqlab/autograd/mixture.hpp"

#include <algorithm>

#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// The k largest of n values, largest first.
std::vector<Index> largest(const Real* values, Index n, Index k) {
  std::vector<Index> order(static_cast<std::size_t>(n));
  for (Index i = 0; i < n; ++i) order[static_cast<std::size_t>(i)] = i;
  std::partial_sort(order.begin(), order.begin() + k, order.end(), [values](Index a, Index b) {
    return values[a] > values[b] || (values[a] == values[b] && a < b);
  });
  order.resize(static_cast<std::size_t>(k));
  return order;
}

/// Whether a row of a time-major batch is before the end of its sentence.
bool before_end(Index row, std::span<const Index> lengths) {
  if (lengths.empty()) return true;
  const auto batch = static_cast<Index>(lengths.size());
  return row / batch < lengths[static_cast<std::size_t>(row % batch)];
}

}  // namespace

Routing route(Tape& tape, Variable logits, std::span<const Index> lengths, Index k,
              double balance) {
  const ProfiledOperation operation("routing");
  Matrix probabilities = tape.value(logits);
  const Index count = rows(probabilities), experts = cols(probabilities);
  check(k >= 1 && k <= experts, "route: {} of {} experts", k, experts);
  Routing routing;
  routing.rows.resize(static_cast<std::size_t>(experts));
  Matrix gates = zeros(count, experts);
  Index choosing = 0;
  for (Index r = 0; r < count; ++r) {
    if (!before_end(r, lengths)) continue;
    ++choosing;
    Real* p = ref(probabilities).row(r);
    softmax(p, experts);
    for (const Index expert : largest(p, experts, k)) {
      ref(gates).row(r)[expert] = p[expert];
      routing.rows[static_cast<std::size_t>(expert)].push_back(r);
    }
  }
  // d(balance loss)/d(probability of expert i) is the same for all rows.
  std::vector<Real> pull(static_cast<std::size_t>(experts));
  for (std::size_t i = 0; i < pull.size(); ++i) {
    const double share = static_cast<double>(routing.rows[i].size()) /
                         static_cast<double>(std::max<Index>(1, k * choosing));
    pull[i] = static_cast<Real>(balance * share * static_cast<double>(experts));
  }
  routing.gates = tape.variable(std::move(gates));
  tape.on_backward(routing.gates, [&tape, logits, lengths, result = routing.gates,
                                   pull = std::move(pull), p_all = std::move(probabilities)] {
    const ConstMatrixRef chosen = ref(tape.value(result));
    const MatrixRef from = tape.gradient(result), to = tape.gradient(logits);
    const Index n = to.cols;
    std::vector<Real> d(static_cast<std::size_t>(n));
    for (Index r = 0; r < to.rows; ++r) {
      if (!before_end(r, lengths)) continue;
      for (Index i = 0; i < n; ++i) {
        const auto e = static_cast<std::size_t>(i);
        d[e] = tape.loss_scale() * pull[e] + (chosen.row(r)[i] > 0 ? from.row(r)[i] : Real(0));
      }
      softmax_backward(ref(p_all).row(r), d.data(), n);
      add_scaled(to.row(r), Real(1), d.data(), n);
    }
  });
  return routing;
}

Variable mix(Tape& tape, const Routing& routing, std::span<const Variable> outputs, Index width) {
  const ProfiledOperation operation("mixing experts");
  const ConstMatrixRef gates = ref(tape.value(routing.gates));
  Matrix out = zeros(gates.rows, width);
  for (std::size_t e = 0; e < outputs.size(); ++e) {
    if (!outputs[e].exists()) continue;
    const ConstMatrixRef y = ref(tape.value(outputs[e]));
    for (std::size_t i = 0; i < routing.rows[e].size(); ++i) {
      const Index r = routing.rows[e][i];
      add_scaled(ref(out).row(r), gates.row(r)[e], y.row(static_cast<Index>(i)), width);
    }
  }
  const Variable result = tape.variable(std::move(out));
  tape.on_backward(result, [&tape, &all_rows = routing.rows, gate = routing.gates, result, width,
                            parts = Variables(outputs.begin(), outputs.end())] {
    const MatrixRef from = tape.gradient(result), d_gates = tape.gradient(gate);
    const ConstMatrixRef shares = ref(tape.value(gate));
    for (std::size_t e = 0; e < parts.size(); ++e) {
      if (!parts[e].exists()) continue;
      const ConstMatrixRef y = ref(tape.value(parts[e]));
      const MatrixRef dy = tape.gradient(parts[e]);
      for (std::size_t i = 0; i < all_rows[e].size(); ++i) {
        const Index r = all_rows[e][i], row = static_cast<Index>(i);
        d_gates.row(r)[e] += dot(from.row(r), y.row(row), width);
        add_scaled(dy.row(row), shares.row(r)[e], from.row(r), width);
      }
    }
  });
  return result;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
