#pragma once

// A counter of the floating-point operations of the models' products: a multiplication and its
// addition count as two, wherever they are done (matrix products, additive attention). Element-wise
// work is not counted, as is usual.

namespace seqlab {

/// Operations counted on this thread so far.
inline thread_local double counted_flops = 0.0;

/// What this thread has counted since the object was made.
class FlopCount {
 public:
  double value() const { return counted_flops - start_; }

 private:
  double start_ = counted_flops;
};

}  // namespace seqlab
