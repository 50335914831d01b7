#include "seqlab/tensor/step_attention.hpp"

#include "seqlab/tensor/flops.hpp"
#include "seqlab/tensor/profile.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// Calls f(piece, first position in it, count, first position of all) for a few positions at a
/// time: all heads then find their keys or values in the nearest cache, where they come in the
/// order in which they lie.
template <typename Function>
void for_each_block(std::span<const AttendedPositions> pieces, Function&& f) {
  constexpr Index kBlock = 8;
  Index before = 0;
  for (const AttendedPositions& piece : pieces) {
    for (Index j = 0; j < piece.length; j += kBlock) {
      f(piece, j, std::min(kBlock, piece.length - j), before + j);
    }
    before += piece.length;
  }
}

}  // namespace

void attend(const Real* query, std::span<const AttendedPositions> pieces, const StepHeads& options,
            Real* context, Real* weights) {
  const ProfiledOperation operation("attention of one position");
  const auto [heads, kv_heads, key_width, value_width, scale, slopes] = options;
  const Index sharing = heads / kv_heads;  // so many heads have the same keys and values
  Index length = 0;
  for (const AttendedPositions& piece : pieces) length += piece.length;
  counted_flops += 2.0 * static_cast<double>(length * heads * (key_width + value_width));

  Matrix scores = make_matrix(heads, length);
  for_each_block(pieces, [&](const AttendedPositions& piece, Index j, Index count, Index place) {
    const Real* keys = piece.keys + j * piece.key_stride;
    for (Index h = 0; h < heads; ++h) {
      dots(ref(scores).row(h) + place, query + h * key_width, keys + h / sharing * key_width, count,
           piece.key_stride, key_width);
    }
  });
  std::fill_n(weights, length, Real(0));
  for (Index h = 0; h < heads; ++h) {
    Real* score = ref(scores).row(h);
    seqlab::scale(score, scale, length);
    if (!slopes.empty()) {
      subtract_distances(score, length, length - 1, slopes[static_cast<std::size_t>(h)]);
    }
    softmax(score, length);
    add_scaled(weights, Real(1) / static_cast<Real>(heads), score, length);
  }
  std::fill_n(context, heads * value_width, Real(0));
  for_each_block(pieces, [&](const AttendedPositions& piece, Index j, Index count, Index place) {
    const Real* values = piece.values + j * piece.value_stride;
    for (Index h = 0; h < heads; ++h) {
      add_weighted_sum(context + h * value_width, ref(scores).row(h) + place,
                       values + h / sharing * value_width, count, piece.value_stride, value_width);
    }
  });
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
