#include "seqlab/tensor/step_attention.hpp"

#include "seqlab/tensor/flops.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

void attend(const Real* query, std::span<const AttendedPositions> pieces, const StepHeads& options,
            Real* context, Real* weights, Real* scratch) {
  const auto [heads, kv_heads, key_width, value_width, scale, slopes] = options;
  Index length = 0;
  for (const AttendedPositions& piece : pieces) length += piece.length;
  counted_flops += 2.0 * static_cast<double>(length * heads * (key_width + value_width));
  std::fill_n(context, heads * value_width, Real(0));
  std::fill_n(weights, length, Real(0));
  for (Index h = 0; h < heads; ++h) {
    const Index kv_head = h / (heads / kv_heads);
    const Real* q = query + h * key_width;
    Real* score = scratch;
    for (const AttendedPositions& piece : pieces) {
      const Real* keys = piece.keys + kv_head * key_width;
      for (Index j = 0; j < piece.length; ++j) {
        *score++ = scale * dot(q, keys + j * piece.key_stride, key_width);
      }
    }
    if (!slopes.empty()) {
      subtract_distances(scratch, length, length - 1, slopes[static_cast<std::size_t>(h)]);
    }
    softmax(scratch, length);
    const Real* weight = scratch;
    for (const AttendedPositions& piece : pieces) {
      const Real* values = piece.values + kv_head * value_width;
      add_weighted_sum(context + h * value_width, weight, values, piece.length,
                       piece.value_stride, value_width);
      weight += piece.length;
    }
    add_scaled(weights, Real(1) / static_cast<Real>(heads), scratch, length);
  }
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
