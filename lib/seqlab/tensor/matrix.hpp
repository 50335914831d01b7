#pragma once

// Matrices. `Matrix` owns (an xtensor container), `MatrixRef` and `ConstMatrixRef` look at rows of
// one, or at a column range of them, by a leading dimension.
//
// Dimension letters, used in shape comments everywhere: T target steps, S source steps, B batch
// (sentences), V vocabulary, D model width, H hidden units, G gates of a cell.
//
// A batch of sequences is a matrix with one row per (time step, sentence), time-major:
// row(t, b) = t * B + b. A time step is then a contiguous block of rows, a position-wise layer is
// one matrix product over all rows, and sentence b alone is a strided matrix (leading dimension
// B * D).

#include <span>
#include <xtensor/xtensor.hpp>

#include "seqlab/error.hpp"
#include "seqlab/tensor/buffer.hpp"
#include "seqlab/tensor/real.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

using Matrix = xt::xtensor<Real, 2, xt::layout_type::row_major, BufferAllocator<Real>>;

/// A row-major block of numbers that somebody else owns. `stride` is the distance between rows.
template <typename T>
struct BasicMatrixRef {
  T* data = nullptr;
  Index rows = 0;
  Index cols = 0;
  Index stride = 0;

  T* row(Index r) const { return data + r * stride; }
  BasicMatrixRef row_block(Index first, Index count) const {
    return {data + first * stride, count, cols, stride};
  }
  BasicMatrixRef column_block(Index first, Index count) const {
    return {data + first, rows, count, stride};
  }
  /// The rows of sentence b in a time-major matrix of `batch` sentences.
  BasicMatrixRef sentence(Index b, Index batch) const {
    return {row(b), rows / batch, cols, batch * stride};
  }
  bool contiguous() const { return stride == cols; }
  /// All elements; only for a contiguous block.
  std::span<T> flat() const { return {data, static_cast<std::size_t>(rows * cols)}; }
  operator BasicMatrixRef<const T>() const { return {data, rows, cols, stride}; }  // NOLINT
};
using MatrixRef = BasicMatrixRef<Real>;
using ConstMatrixRef = BasicMatrixRef<const Real>;

/// New matrix, content undefined.
inline Matrix make_matrix(Index rows, Index cols) {
  return Matrix::from_shape({static_cast<std::size_t>(rows), static_cast<std::size_t>(cols)});
}
inline Matrix zeros(Index rows, Index cols) {
  Matrix m = make_matrix(rows, cols);
  m.fill(Real(0));
  return m;
}

inline Index rows(const Matrix& m) { return static_cast<Index>(m.shape()[0]); }
inline Index cols(const Matrix& m) { return static_cast<Index>(m.shape()[1]); }
inline MatrixRef ref(Matrix& m) { return {m.data(), rows(m), cols(m), cols(m)}; }
inline ConstMatrixRef ref(const Matrix& m) { return {m.data(), rows(m), cols(m), cols(m)}; }

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
