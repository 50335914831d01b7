#pragma once

// Decoding, a recurrent layer and the output layer multiply few rows at a time with the same weights,
// stored as [out, in]: the library lays a weight out anew in every such product, which takes up to a
// third of its time. Laid out once as [in, out], the product runs at full speed.

#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <tuple>

#include "seqlab/tensor/matrix.hpp"
#include "seqlab/tensor/workers.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Copies of a model's weights [out, in] as [in, out], each made when it is first asked for.
class TransposedWeights {
 public:
  /// `parameters`, which holds all weights, must outlive the object.
  explicit TransposedWeights(std::span<const Real> parameters) : parameters_(parameters) {}

  /// To be called when the parameters have changed: makes those copies anew that were asked for since
  /// the last update, and drops the others, which a batch of unusual size may have left.
  void update(Workers& workers);

  /// The transpose of a block of `parameters`; none for a matrix that lies elsewhere. May be called
  /// by several threads at once.
  std::optional<ConstMatrixRef> find(ConstMatrixRef weight);

 private:
  using Key = std::tuple<const Real*, Index, Index, Index>;  // all of a ConstMatrixRef
  struct Copy {
    Matrix values = make_matrix(0, 0);
    bool used = false;  // since the last update
  };

  std::span<const Real> parameters_;
  std::mutex mutex_;
  std::map<Key, Copy> copies_;
};

/// While it lives, products of this thread with few rows (gemm.cpp) and the transpose of one of those
/// weights read the copy.
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
