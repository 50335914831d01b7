#pragma once

// Matrix products with inputs rounded to bfloat16 (a float with 8 bits of significand instead of
// 24) and sums in single precision. Processors with AVX512-BF16 do twice as many of them in the
// same time, those with a matrix unit (AMX) sixteen times. Parameters, activations, sums, gradients
// and the optimizer stay in single precision: a product's inputs are rounded on their way in (mixed
// precision; Kalamkar 2019, "A Study of BFLOAT16 for Deep Learning Training").

#include <optional>
#include <span>
#include <vector>

#include "seqlab/tensor/gemm.hpp"
#include "seqlab/tensor/packed_weights.hpp"
#include "seqlab/tensor/precision.hpp"
#include "seqlab/tensor/product_result.hpp"
#include "seqlab/tensor/workers.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Rounds to the nearest, ties to even; a NaN stays one.
void round_to_bf16(const Real* from, Bf16* to, Index n);

/// Whether the processor that seqlab was built for has such products.
bool bf16_products_available();
/// Throws UsageError where there are none.
void require_bf16_products();

/// Numbers that stay the same over several products, and memory for their rounded values.
class RoundedRange {
 public:
  RoundedRange() = default;
  /// `values` must outlive the object. Nothing is rounded yet.
  explicit RoundedRange(std::span<const Real> values)
      : values_(values), rounded_(make_matrix(1, static_cast<Index>(values.size() + 1) / 2)) {}

  std::span<const Real> values() const { return values_; }
  Bf16* rounded() { return reinterpret_cast<Bf16*>(rounded_.data()); }
  /// The rounded values as pairs, without a last odd one.
  std::span<const Real> pairs() const { return {rounded_.data(), values_.size() / 2}; }
  /// The rounded value of `value`; nullptr for a pointer to anything else.
  const Bf16* find(const Real* value) const;

 private:
  std::span<const Real> values_;
  Matrix rounded_ = make_matrix(0, 0);  // two numbers in the place of each Real
};

/// A model's parameters rounded once for all products of a training step.
class RoundedParameters {
 public:
  /// `values` must outlive the object.
  explicit RoundedParameters(std::span<const Real> values)
      : range_(values),
        transposes_(range_.pairs()),
        row_pairs_(range_.pairs(), PackedWeights::Content::row_pairs) {}

  /// To be called when the parameters have changed.
  void update(Workers& workers);
  const RoundedRange& range() const { return range_; }
  /// A weight among the values or its transpose as panels of pairs (bf16_panels.hpp), for products
  /// with few rows; none for one that lies elsewhere or has an odd number of columns.
  std::optional<Panels> find_packed(Transpose transpose, ConstMatrixRef weight) const;

 private:
  RoundedRange range_;
  mutable PackedWeights transposes_, row_pairs_;
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

/// op(a) * op(b) with a, b rounded, if this thread has asked for it and alpha is 1 (scaled are only
/// the scores of attention); otherwise does nothing and returns false.
bool bf16_gemm(Transpose transpose_a, Transpose transpose_b, ConstMatrixRef a, ConstMatrixRef b,
               const ProductResult& result);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
