#pragma once

// Attention maps with their tokens, for people: in a terminal, and as a table.

#include <string>
#include <vector>

#include "seqlab/data/tokenizer.hpp"
#include "seqlab/evaluation/attention_maps.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Which maps are looked at. -1 is all: their mean, or each apart.
struct AttentionSelection {
  AttentionKind kind = AttentionKind::cross;
  Index layer = -1;
  Index head = -1;
  bool apart = false;  ///< every layer and head has a heatmap of its own
};

struct Heatmap {
  std::string name;                  ///< "cross-attention, layer 0, head 1"
  std::string layer;                 ///< "0", or "mean"
  std::string head;                  ///< "1", or "mean"
  std::vector<std::string> rows;     ///< tokens that attend
  std::vector<std::string> columns;  ///< tokens attended to
  Matrix weights;
};

/// Heatmaps of a sentence pair (without marks) from its maps; at least one. Throws UsageError that
/// says what there is if the model has no such map.
std::vector<Heatmap> make_heatmaps(const std::vector<AttentionMap>& maps,
                                   const AttentionSelection& selection,
                                   const TokenizerPair& tokenizers, const Sentence& source,
                                   const Sentence& target);

/// Lines of shaded blocks, column tokens written downwards above them.
std::string draw_heatmap(const Heatmap& heatmap);

/// A token as a field of a table with tabs between that gnuplot reads, for which " begins a quote:
/// a space for a tab, ” for ".
std::string table_token(std::string token);

/// A row for each weight: layer, head, row, row_token, column, column_token, weight; positions
/// count from 0. Maps follow each other, row by row.
std::string heatmaps_tsv(const std::vector<Heatmap>& heatmaps);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
