#include "seqlab/evaluation/attention_maps.hpp"

#include <algorithm>
#include <array>

#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// Puts the words of a source that was read backwards in order; the end mark stays last.
void unreverse_columns(MatrixRef weights) {
  for (Index r = 0; r < weights.rows; ++r) {
    std::reverse(weights.row(r), weights.row(r) + weights.cols - 1);
  }
}

void unreverse_rows(MatrixRef weights) {
  for (Index low = 0, high = weights.rows - 2; low < high; ++low, --high) {
    std::swap_ranges(weights.row(low), weights.row(low) + weights.cols, weights.row(high));
  }
}

}  // namespace

std::vector<AttentionMap> attention_maps(const SequenceModel& model, const Sentence& source,
                                         const Sentence& target) {
  const ForcedPass pass(model, source, target);
  std::vector<AttentionMap> maps;
  for (const SeenAttention& seen : pass.attentions()) {
    const Matrix weights = pass.all(seen.name);
    // Of source and target as one sequence, only the predicting positions are shown.
    const Index height = seen.joined ? pass.target_steps() : seen.rows;
    const auto add_map = [&](AttentionKind kind, Index head, Index width) {
      AttentionMap map{{kind, seen.layer, head}, make_matrix(height, width)};
      const MatrixRef to = ref(map.weights);
      copy(ref(weights).row_block((head + 1) * seen.rows - height, height).column_block(0, width),
           to);
      if (model.reads_source_backwards()) {
        if (kind != AttentionKind::decoder) unreverse_columns(to);
        if (kind == AttentionKind::encoder) unreverse_rows(to);
      }
      maps.push_back(std::move(map));
    };
    for (Index head = 0; head < seen.heads; ++head) {
      add_map(seen.kind, head, seen.columns);
      if (seen.joined) add_map(AttentionKind::cross, head, pass.source_steps());
    }
  }
  constexpr std::array order{AttentionKind::encoder, AttentionKind::decoder, AttentionKind::cross};
  std::stable_sort(maps.begin(), maps.end(), [&](const AttentionMap& a, const AttentionMap& b) {
    return std::find(order.begin(), order.end(), a.kind) <
           std::find(order.begin(), order.end(), b.kind);
  });
  return maps;
}

Matrix mean_attention(const std::vector<const AttentionMap*>& maps) {
  check(!maps.empty(), "mean_attention: no maps");
  Matrix mean = maps.front()->weights;
  for (std::size_t i = 1; i < maps.size(); ++i) add(ref(mean), ref(maps[i]->weights));
  const Real share = Real(1) / static_cast<Real>(maps.size());
  for (Real& weight : mean) weight *= share;
  return mean;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
