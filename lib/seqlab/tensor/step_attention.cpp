#include "seqlab/tensor/step_attention.hpp"

#include <algorithm>
#include <array>

#include "seqlab/tensor/flops.hpp"
#include "seqlab/tensor/profile.hpp"
#include "seqlab/tensor/rows.hpp"
#include "seqlab/tensor/simd.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

// Keys and values are read once, most of them from memory: several heads at a time, in the order in
// which they lie. The fewer instructions and stores stand between two loads, the more loads are on
// their way at once, so the vectors of a head are read in chunks of a constant size.

constexpr Index kHeadsAtATime = kManyRegisters ? 4 : 1;
constexpr Index kMostRegisters = kManyRegisters ? 4 : 8;  // of a chunk; half of all hold sums

template <Index kRegisters>
struct WholeChunk {
  static constexpr Index registers = kRegisters;
  Simd load(const Real* x, Index r) const { return Simd::load_unaligned(x + r * kLanes); }
  void store(Real* y, Index r, Simd value) const { value.store_unaligned(y + r * kLanes); }
};

/// Less than a register.
struct RestChunk {
  static constexpr Index registers = 1;
  Index count;
  Simd load(const Real* x, Index) const { return load_partial(x, count, Real(0)); }
  void store(Real* y, Index, Simd value) const { store_partial(y, count, value); }
};

/// Calls f(first column, chunk) for the chunks of a row.
template <Index kRegisters = kMostRegisters, typename Function>
void for_each_chunk(Index width, Function&& f, Index column = 0) {
  constexpr Index kChunk = kRegisters * kLanes;
  for (; column + kChunk <= width; column += kChunk) f(column, WholeChunk<kRegisters>());
  if constexpr (kRegisters > 1) {
    for_each_chunk<kRegisters - 1>(width, f, column);
  } else if (column < width) {
    f(column, RestChunk{width - column});
  }
}

/// Calls f(how many, as a constant; first head) for a few heads at a time.
template <typename Function>
void for_heads(Index heads, Function&& f) {
  Index h = 0;
  for (; h + kHeadsAtATime <= heads; h += kHeadsAtATime) {
    f(std::integral_constant<Index, kHeadsAtATime>(), h);
  }
  for (; h < heads; ++h) f(std::integral_constant<Index, 1>(), h);
}

/// Calls f(place among all positions, keys or values of the position).
template <typename Function>
void for_each_position(std::span<const AttendedPositions> pieces,
                       const Real* AttendedPositions::*vectors, Index AttendedPositions::*stride,
                       Function&& f) {
  Index place = 0;
  for (const AttendedPositions& piece : pieces) {
    for (Index j = 0; j < piece.length; ++j) f(place++, piece.*vectors + j * (piece.*stride));
  }
}

/// Columns of the keys or values that a few heads read.
template <Index kHeads>
class HeadColumns {
 public:
  HeadColumns(const StepHeads& options, Index width, Index first, Index column) {
    const Index sharing = options.heads / options.kv_heads;  // heads with the same keys and values
    for (Index h = 0; h < kHeads; ++h) {
      places_[static_cast<std::size_t>(h)] = (first + h) / sharing * width + column;
    }
  }
  const Real* of(Index h, const Real* row) const {
    return row + places_[static_cast<std::size_t>(h)];
  }

 private:
  std::array<Index, kHeads> places_;
};

/// scores[h] += query_h . key_h, over the columns of the chunk.
template <Index kHeads, typename Chunk>
void add_scores(Chunk chunk, const Real* query, std::span<const AttendedPositions> pieces,
                HeadColumns<kHeads> columns, Index width, MatrixRef scores) {
  const auto add_position = [&](Index place, const Real* keys) {
    for (Index h = 0; h < kHeads; ++h) {
      const Real* key = columns.of(h, keys);
      Simd sum(Real(0));
      for (Index r = 0; r < Chunk::registers; ++r) {
        sum = xsimd::fma(chunk.load(query + h * width, r), chunk.load(key, r), sum);
      }
      scores.row(h)[place] += reduce_add(sum);
    }
  };
  for_each_position(pieces, &AttendedPositions::keys, &AttendedPositions::key_stride, add_position);
}

/// context_h = sum_j weights[h][j] value_h, the columns of the chunk.
template <Index kHeads, typename Chunk>
void mix_values(Chunk chunk, ConstMatrixRef weights, std::span<const AttendedPositions> pieces,
                HeadColumns<kHeads> columns, Index width, Real* context) {
  std::array<std::array<Simd, Chunk::registers>, kHeads> sums;
  for (auto& of_head : sums) of_head.fill(Simd(Real(0)));
  const auto add_position = [&](Index place, const Real* values) {
    for (Index h = 0; h < kHeads; ++h) {
      const Simd weight(weights.row(h)[place]);
      const Real* value = columns.of(h, values);
      for (Index r = 0; r < Chunk::registers; ++r) {
        Simd& sum = sums[static_cast<std::size_t>(h)][static_cast<std::size_t>(r)];
        sum = xsimd::fma(weight, chunk.load(value, r), sum);
      }
    }
  };
  for_each_position(pieces, &AttendedPositions::values, &AttendedPositions::value_stride,
                    add_position);
  for (Index h = 0; h < kHeads; ++h) {
    for (Index r = 0; r < Chunk::registers; ++r) {
      chunk.store(context + h * width, r,
                  sums[static_cast<std::size_t>(h)][static_cast<std::size_t>(r)]);
    }
  }
}

}  // namespace

void attend(const Real* query, std::span<const AttendedPositions> pieces, const StepHeads& options,
            Real* context, Real* weights) {
  const ProfiledOperation operation("attention of one position");
  const auto [heads, kv_heads, key_width, value_width, scale, slopes] = options;
  Index length = 0;
  for (const AttendedPositions& piece : pieces) length += piece.length;
  counted_flops += 2.0 * static_cast<double>(length * heads * (key_width + value_width));

  Matrix scores = zeros(heads, length);
  for_each_chunk(key_width, [&](Index column, auto chunk) {
    for_heads(heads, [&](auto count, Index first) {
      add_scores<count>(chunk, query + first * key_width + column, pieces,
                        HeadColumns<count>(options, key_width, first, column), key_width,
                        ref(scores).row_block(first, count));
    });
  });
  std::fill_n(weights, length, Real(0));
  for (Index h = 0; h < heads; ++h) {
    Real* of_head = ref(scores).row(h);
    seqlab::scale(of_head, scale, length);
    if (!slopes.empty()) {
      subtract_distances(of_head, length, length - 1, slopes[static_cast<std::size_t>(h)]);
    }
    softmax(of_head, length);
    add_scaled(weights, Real(1) / static_cast<Real>(heads), of_head, length);
  }
  for_each_chunk(value_width, [&](Index column, auto chunk) {
    for_heads(heads, [&](auto count, Index first) {
      mix_values<count>(chunk, ref(scores).row_block(first, count), pieces,
                        HeadColumns<count>(options, value_width, first, column), value_width,
                        context + first * value_width + column);
    });
  });
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
