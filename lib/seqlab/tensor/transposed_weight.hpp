#pragma once

// Decoding multiplies few rows at a time with the output layer's large weight, stored as
// [vocabulary, width]: the library lays it out anew in every such product, which takes up to a third
// of its time. Laid out once as [width, vocabulary], the product runs at full speed.

#include "seqlab/tensor/matrix.hpp"
#include "seqlab/tensor/workers.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// A copy of a weight [out, in] as [in, out].
class TransposedWeight {
 public:
  /// `weight` must outlive the object and stay as it is; `workers` share the copying.
  TransposedWeight(ConstMatrixRef weight, Workers& workers);

  ConstMatrixRef original() const { return original_; }
  ConstMatrixRef transposed() const { return ref(transposed_).column_block(0, original_.rows); }

 private:
  ConstMatrixRef original_;
  Matrix transposed_;  // with a cache line more in each row, see the constructor
};

/// While it lives, products of this thread with the transpose of that weight read the copy.
class TransposedProducts {
 public:
  /// `weight` must outlive the object; nullptr: nothing changes. Throws std::logic_error inside of
  /// another such scope.
  explicit TransposedProducts(const TransposedWeight* weight);
  ~TransposedProducts();
  TransposedProducts(const TransposedProducts&) = delete;
  TransposedProducts& operator=(const TransposedProducts&) = delete;
};

/// The transposed copy of `weight` that this thread's products read; nullptr without one.
const TransposedWeight* find_transposed(ConstMatrixRef weight);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
