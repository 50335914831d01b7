#pragma once

// Matrix products with inputs rounded to bfloat16 (a float with 8 bits of significand instead of
// 24) and sums in single precision. Processors with AVX512-BF16 or AMX do twice and more of them in
// the same time. Parameters, activations, sums, gradients and the optimizer stay in single
// precision: a product's inputs are rounded on their way in (mixed precision; Kalamkar 2019,
// "A Study of BFLOAT16 for Deep Learning Training").

#include <cstdint>
#include <span>
#include <vector>

#include "seqlab/tensor/gemm.hpp"
#include "seqlab/tensor/product_result.hpp"
#include "seqlab/tensor/workers.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// The upper half of a float's bits.
using Bf16 = std::uint16_t;

/// Rounds to the nearest, ties to even; a NaN stays one.
void round_to_bf16(const Real* from, Bf16* to, Index n);

/// Whether this processor and oneDNN have such products.
bool bf16_products_available();
/// Throws UsageError where there are none.
void require_bf16_products();

/// Numbers that stay the same over several products, with their rounded values.
struct RoundedRange {
  std::span<const Real> values;
  std::vector<Bf16, BufferAllocator<Bf16>> rounded;

  /// The rounded value of `value`; nullptr for a pointer to anything else.
  const Bf16* find(const Real* value) const;
};

/// A model's parameters rounded once for all products of a training step.
class RoundedParameters {
 public:
  /// `values` must outlive the object.
  explicit RoundedParameters(std::span<const Real> values) : range_{values, {}} {
    range_.rounded.resize(values.size());
  }

  /// To be called when the parameters have changed.
  void update(Workers& workers);
  const RoundedRange& range() const { return range_; }

 private:
  RoundedRange range_;
};

/// While it lives, large products of this thread round their inputs to bfloat16.
class Bf16Products {
 public:
  /// `parameters` must outlive the object; nullptr: products stay in single precision. Throws
  /// std::logic_error where such products are not available.
  explicit Bf16Products(const RoundedParameters* parameters);
  ~Bf16Products();
  Bf16Products(const Bf16Products&) = delete;
  Bf16Products& operator=(const Bf16Products&) = delete;
};

/// A matrix that several products of this thread read: rounded once for all of them, if they round.
/// Its values must not change while the object lives; objects end in the reverse order.
class RoundedInput {
 public:
  explicit RoundedInput(ConstMatrixRef m);
  ~RoundedInput();
  RoundedInput(const RoundedInput&) = delete;
  RoundedInput& operator=(const RoundedInput&) = delete;

 private:
  RoundedRange range_;
};

/// op(a) * op(b) with a, b rounded, if this thread has asked for it, alpha is 1 and beta is 0 or 1;
/// otherwise does nothing and returns false.
bool bf16_gemm(Transpose transpose_a, Transpose transpose_b, ConstMatrixRef a, ConstMatrixRef b,
               const ProductResult& result);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
