#include "seqlab/nn/positions.hpp"

#include "seqlab/autograd/layers.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// PE(p, 2i) = sin(p / 10000^(2i/D)), PE(p, 2i+1) = cos of the same (Vaswani 2017, section 3.5).
void fill_sinusoidal(Real* row, Index position, Index width) {
  for (Index i = 0; i < width; i += 2) {
    const double angle =
        static_cast<double>(position) *
        std::exp(-std::log(10000.0) * static_cast<double>(i) / static_cast<double>(width));
    row[i] = static_cast<Real>(std::sin(angle));
    if (i + 1 < width) row[i + 1] = static_cast<Real>(std::cos(angle));
  }
}

void add_sinusoidal(MatrixRef x, std::span<const Index> positions) {
  Matrix code = make_matrix(1, x.cols);
  Index filled = -1;  // the rows of a time step stand at the same position
  for (Index r = 0; r < x.rows; ++r) {
    const Index position = positions[static_cast<std::size_t>(r)];
    if (position != filled) fill_sinusoidal(code.data(), position, x.cols);
    filled = position;
    add_to_rows(x.row_block(r, 1), code.data());
  }
}

}  // namespace

std::span<const Index> time_major_positions(Tape& tape, Index steps, Index batch) {
  PooledVector<Index> positions(static_cast<std::size_t>(steps * batch));
  for (std::size_t r = 0; r < positions.size(); ++r) {
    positions[r] = static_cast<Index>(r) / batch;
  }
  return tape.keep(std::move(positions));
}

PositionCodes::PositionCodes(ParameterStore& store, const std::string& name, Index width,
                             const TransformerOptions& options)
    : kind_(options.positions) {
  if (kind_ != TransformerOptions::Positions::learned) return;
  learned_ =
      store.add(name + ".positions", options.max_length, width, {Initializer::Kind::normal, 0.02});
}

Index PositionCodes::count() const {
  return kind_ == TransformerOptions::Positions::learned ? learned_.rows
                                                         : std::numeric_limits<Index>::max();
}

Variable PositionCodes::operator()(Tape& tape, Variable x, std::span<const Index> positions) const {
  if (kind_ == TransformerOptions::Positions::sinusoidal) {
    add_sinusoidal(tape.mutable_value(x), positions);
  }
  if (kind_ != TransformerOptions::Positions::learned) return x;
  PooledVector<TokenId> places;
  for (const Index position : positions) {
    if (position >= learned_.rows) {
      throw RuntimeFailure(fmt::format(
          "a sentence has {} positions or more, but the model learned only {} (max_length); use "
          "shorter sentences or positions = sinusoidal",
          position + 1, learned_.rows));
    }
    places.push_back(static_cast<TokenId>(position));
  }
  return add(tape, x, embedding(tape, learned_, tape.keep(std::move(places))));
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
