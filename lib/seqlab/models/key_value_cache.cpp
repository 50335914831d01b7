#include "seqlab/models/key_value_cache.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

constexpr Index kFirstCapacity = 32;

void append(DecoderState::RowValues& cache, ConstMatrixRef values, Index position) {
  const Index used = position * values.cols;
  if (used + values.cols > cols(cache.values)) {
    Matrix larger = make_matrix(values.rows, std::max(kFirstCapacity * values.cols, 2 * used));
    for (Index r = 0; r < values.rows; ++r) {
      std::copy_n(ref(cache.values).row(r), used, ref(larger).row(r));
    }
    cache.values = std::move(larger);
  }
  for (Index r = 0; r < values.rows; ++r) {
    std::copy_n(values.row(r), values.cols, ref(cache.values).row(r) + used);
  }
  cache.used_columns = used + values.cols;
}

/// The first `length` positions of row r.
AttendedPositions cached_positions(std::span<const DecoderState::RowValues> caches,
                                   const std::vector<Index>& widths, Index r, Index length) {
  return {ref(caches.front().values).row(r), widths.front(), ref(caches.back().values).row(r),
          widths.back(), length};
}

}  // namespace

std::vector<DecoderState::RowValues> empty_caches(const SelfAttention& layer, Index row_count) {
  std::vector<DecoderState::RowValues> caches;
  for (const Index width : layer.cache_widths()) {
    caches.push_back({make_matrix(row_count, kFirstCapacity * width), 0});
  }
  return caches;
}

SelfAttention::Step cached_step(Tape& tape, const SelfAttention& layer, std::size_t layer_index,
                                Variable x, std::span<const Index> positions, DecoderState& state,
                                std::span<const AttendedPositions> before) {
  const std::vector<Index> widths = layer.cache_widths();
  const auto caches = std::span(state.rows).subspan(layer_index * widths.size(), widths.size());
  const Variables entries = layer.entries(tape, x, positions);
  for (std::size_t c = 0; c < entries.size(); ++c) {
    append(caches[c], ref(tape.value(entries[c])), state.position);
  }
  std::vector<AttendedPositions> pieces;
  for (Index r = 0; r < state.size(); ++r) {
    if (!before.empty()) pieces.push_back(before[static_cast<std::size_t>(r)]);
    pieces.push_back(cached_positions(caches, widths, r, state.position + 1));
  }
  return layer.step(tape, x, positions, {pieces, before.empty() ? 1 : 2});
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
