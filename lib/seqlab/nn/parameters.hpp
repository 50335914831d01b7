#pragma once

// All parameters of a model in one flat buffer with named, shaped views into it
// ("encoder.layer0.w_hh"). Gradients, optimizer moments and averages are buffers of the same
// layout, so clipping, Adam, checkpoints and reductions are each one pass over one vector.

#include <string>
#include <vector>

#include "seqlab/autograd/tape.hpp"
#include "seqlab/tensor/random.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// A flat buffer: contiguous, aligned, from the buffer pool.
using FlatBuffer = std::vector<Real, BufferAllocator<Real>>;

/// How a new parameter's values are drawn.
struct Initializer {
  enum class Kind {
    constant,    ///< every value is `scale`
    uniform,     ///< U[-scale, scale]
    normal,      ///< N(0, scale^2)
    glorot,      ///< U[-a, a], a = sqrt(6 / (rows + cols)) (Glorot and Bengio 2010)
    orthogonal,  ///< each [cols, cols] block of rows is a random orthogonal matrix (Saxe 2013)
  };
  Kind kind = Kind::constant;
  double scale = 0.0;
};

struct NamedParameter {
  std::string name;
  Parameter place;
};

class ParameterStore {
 public:
  /// `seed` fixes every initial value; each parameter draws from a stream of its own name, so
  /// adding one does not change the others.
  explicit ParameterStore(std::uint64_t seed) : seed_(seed) {}

  /// Adds a [rows, cols] parameter. Throws std::logic_error if the name is taken.
  Parameter add(const std::string& name, Index rows, Index cols, Initializer initializer);

  const std::vector<NamedParameter>& parameters() const { return parameters_; }
  /// Throws std::logic_error when there is none of that name.
  Parameter find(const std::string& name) const;

  std::span<Real> values() { return values_; }
  std::span<const Real> values() const { return values_; }
  MatrixRef value(Parameter p) { return {values_.data() + p.offset, p.rows, p.cols, p.cols}; }
  ConstMatrixRef value(Parameter p) const {
    return {values_.data() + p.offset, p.rows, p.cols, p.cols};
  }
  /// Number of parameters, padding between them not counted.
  Index count() const;

 private:
  std::uint64_t seed_;
  std::vector<NamedParameter> parameters_;
  /// Not from the pool, which would keep each buffer that this one has outgrown.
  std::vector<Real, UnpooledAllocator<Real>> values_;
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
