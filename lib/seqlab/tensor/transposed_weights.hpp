#pragma once

// Decoding multiplies few rows at a time with the same weights, stored as [out, in]: the library
// lays a weight out anew in every such product, which takes up to a third of its time. Laid out once
// as [in, out], the product runs at full speed.

#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <tuple>

#include "seqlab/tensor/matrix.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Copies of a model's weights [out, in] as [in, out], each made when it is first asked for.
class TransposedWeights {
 public:
  /// `parameters`, which holds all weights, must outlive the object and stay as it is.
  explicit TransposedWeights(std::span<const Real> parameters) : parameters_(parameters) {}

  /// The transpose of a block of `parameters`; none for a matrix that lies elsewhere. May be called
  /// by several threads at once.
  std::optional<ConstMatrixRef> find(ConstMatrixRef weight);

 private:
  using Key = std::tuple<const Real*, Index, Index, Index>;  // all of a ConstMatrixRef

  std::span<const Real> parameters_;
  std::mutex mutex_;
  std::map<Key, Matrix> copies_;
};

/// While it lives, products of this thread with the transpose of one of those weights read the copy.
class TransposedProducts {
 public:
  /// `weights` must outlive the object; nullptr: nothing changes. Throws std::logic_error inside of
  /// another such scope.
  explicit TransposedProducts(TransposedWeights* weights);
  ~TransposedProducts();
  TransposedProducts(const TransposedProducts&) = delete;
  TransposedProducts& operator=(const TransposedProducts&) = delete;
};

/// The transpose of `weight` that this thread's products read, if it has one.
std::optional<ConstMatrixRef> find_transposed(ConstMatrixRef weight);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
