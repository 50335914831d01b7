#include "seqlab/nn/parameters.hpp"

#include <xtensor-blas/xlinalg.hpp>

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// Parameters start on cache-line boundaries.
constexpr Index kAlignment = 16;

/// The Q of a QR decomposition of a normal matrix, with R's diagonal made positive so that Q is
/// uniformly distributed (Mezzadri 2007).
void fill_orthogonal(MatrixRef block, Random& random) {
  const auto n = static_cast<std::size_t>(block.cols);
  xt::xtensor<double, 2> normal = xt::xtensor<double, 2>::from_shape({n, n});
  for (double& x : normal) x = random.normal();
  const auto [q, r] = xt::linalg::qr(normal);
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      const double sign = r(j, j) < 0 ? -1.0 : 1.0;
      block.row(static_cast<Index>(i))[j] = static_cast<Real>(sign * q(i, j));
    }
  }
}

void fill(MatrixRef m, Initializer initializer, Random& random) {
  using Kind = Initializer::Kind;
  if (initializer.kind == Kind::orthogonal) {
    check(m.rows % m.cols == 0, "orthogonal: {} rows are not blocks of {}", m.rows, m.cols);
    for (Index first = 0; first < m.rows; first += m.cols) {
      fill_orthogonal(m.row_block(first, m.cols), random);
    }
    return;
  }
  const double glorot = std::sqrt(6.0 / static_cast<double>(m.rows + m.cols));
  for (Real& x : m.flat()) {
    switch (initializer.kind) {
      case Kind::constant:
        x = static_cast<Real>(initializer.scale);
        break;
      case Kind::uniform:
        x = static_cast<Real>(random.uniform(-initializer.scale, initializer.scale));
        break;
      case Kind::normal:
        x = static_cast<Real>(initializer.scale * random.normal());
        break;
      case Kind::glorot:
        x = static_cast<Real>(random.uniform(-glorot, glorot));
        break;
      case Kind::orthogonal:
        break;
    }
  }
}

}  // namespace

Parameter ParameterStore::add(const std::string& name, Index rows, Index cols,
                              Initializer initializer) {
  for (const NamedParameter& p : parameters_) {
    check(p.name != name, "parameter {} exists already", name);
  }
  const Parameter place{static_cast<Index>(values_.size()), rows, cols};
  const Index padded = (rows * cols + kAlignment - 1) / kAlignment * kAlignment;
  values_.resize(values_.size() + static_cast<std::size_t>(padded), Real(0));
  parameters_.push_back({name, place});
  Random random(seed_, "init." + name);
  fill(value(place), initializer, random);
  return place;
}

Parameter ParameterStore::find(const std::string& name) const {
  for (const NamedParameter& p : parameters_) {
    if (p.name == name) return p.place;
  }
  throw std::logic_error(fmt::format("there is no parameter {}", name));
}

Index ParameterStore::count() const {
  Index total = 0;
  for (const NamedParameter& p : parameters_) total += p.place.rows * p.place.cols;
  return total;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
