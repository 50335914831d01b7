#include "seqlab/autograd/rotary.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

enum class Turn { forward, backward };

/// Cosine and sine of each pair's angle, for the position that was last asked for: the rows of a
/// time step stand at the same one.
class Angles {
 public:
  Angles(Index width, Turn turn)
      : frequencies_(static_cast<std::size_t>(width / 2)), turns_(static_cast<std::size_t>(width)) {
    for (std::size_t i = 0; i < frequencies_.size(); ++i) {
      frequencies_[i] =
          std::pow(10000.0, -2.0 * static_cast<double>(i) / static_cast<double>(width)) *
          (turn == Turn::forward ? 1.0 : -1.0);
    }
  }
  /// cos, sin, cos, sin, ...
  const Real* at(Index position) {
    if (position == position_) return turns_.data();
    position_ = position;
    for (std::size_t i = 0; i < frequencies_.size(); ++i) {
      const double angle = static_cast<double>(position) * frequencies_[i];
      turns_[2 * i] = static_cast<Real>(std::cos(angle));
      turns_[2 * i + 1] = static_cast<Real>(std::sin(angle));
    }
    return turns_.data();
  }

 private:
  Index position_ = -1;
  std::vector<double> frequencies_;
  std::vector<Real> turns_;
};

/// to += turned from
void add_turned(ConstMatrixRef from, MatrixRef to, Index heads, std::span<const Index> positions,
                Turn turn) {
  const Index width = from.cols / heads;
  Angles angles(width, turn);
  for (Index r = 0; r < from.rows; ++r) {
    const Real* turns = angles.at(positions[static_cast<std::size_t>(r)]);
    for (Index h = 0; h < heads; ++h) {
      const Real* x = from.row(r) + h * width;
      Real* y = to.row(r) + h * width;
      for (Index i = 0; i < width; i += 2) {
        y[i] += x[i] * turns[i] - x[i + 1] * turns[i + 1];
        y[i + 1] += x[i] * turns[i + 1] + x[i + 1] * turns[i];
      }
    }
  }
}

}  // namespace

Variable rotary(Tape& tape, Variable x, Index heads, std::span<const Index> positions) {
  const ProfiledOperation operation("rotary");
  const ConstMatrixRef in = ref(tape.value(x));
  check(in.cols % (2 * heads) == 0 && in.rows == static_cast<Index>(positions.size()),
        "rotary: [{}, {}], {} heads, {} positions", in.rows, in.cols, heads, positions.size());
  Matrix out = zeros(in.rows, in.cols);
  add_turned(in, ref(out), heads, positions, Turn::forward);
  const Variable result = tape.variable(std::move(out));
  tape.on_backward(result, [&tape, x, heads, positions, result] {
    add_turned(tape.gradient(result), tape.gradient(x), heads, positions, Turn::backward);
  });
  return result;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
