#include "seqlab/autograd/rms_norm.hpp"

#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

constexpr Real kNormEpsilon = Real(1e-5);

}  // namespace

Matrix rms_norm_value(const Tape& tape, Variable x, Parameter gain, Matrix& inverses) {
  const ConstMatrixRef in = ref(tape.value(x));
  const Index width = in.cols;
  const Real* g = tape.value(gain).data;
  Matrix out = make_matrix(in.rows, width);
  inverses = make_matrix(in.rows, 1);
  for (Index r = 0; r < in.rows; ++r) {
    const Real* row = in.row(r);
    const Real mean_square = dot(row, row, width) / static_cast<Real>(width);
    const Real inverse = Real(1) / std::sqrt(mean_square + kNormEpsilon);
    Real* y = ref(out).row(r);
    for (Index c = 0; c < width; ++c) y[c] = row[c] * inverse * g[c];
    inverses.data()[r] = inverse;
  }
  return out;
}

Variable rms_norm(Tape& tape, Variable x, Parameter gain) {
  const ProfiledOperation operation("RMS norm");
  Matrix inverses;
  const Variable result = tape.variable(rms_norm_value(tape, x, gain, inverses));
  tape.on_backward(result, [&tape, x, gain, result, inverses = std::move(inverses)] {
    const ConstMatrixRef input = ref(tape.value(x));
    const ConstMatrixRef gradient = tape.gradient(result);
    const MatrixRef dx = tape.gradient(x);
    const Real* weight = tape.value(gain).data;
    Real* d_gain = tape.gradient(gain).data;
    const Index n = input.cols;
    Matrix scratch = make_matrix(1, n);
    Real* d_normal = scratch.data();  // gradient of the normalised row
    for (Index r = 0; r < input.rows; ++r) {
      const Real inverse = inverses.data()[r];
      const Real* row = input.row(r);
      const Real* dy = gradient.row(r);
      for (Index c = 0; c < n; ++c) {
        d_normal[c] = dy[c] * weight[c];
        d_gain[c] += dy[c] * row[c] * inverse;
      }
      const Real projection = inverse * inverse * dot(d_normal, row, n) / static_cast<Real>(n);
      Real* to = dx.row(r);
      for (Index c = 0; c < n; ++c) to[c] += inverse * (d_normal[c] - row[c] * projection);
    }
  });
  return result;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
