#pragma once

// How well attention aligns the words of a text: every layer and head apart, their means, and the
// diagonal as a guess that needs no model.

#include <string>
#include <vector>

#include "seqlab/data/corpus.hpp"
#include "seqlab/evaluation/alignment.hpp"
#include "seqlab/evaluation/word_attention.hpp"
#include "seqlab/models/sequence_model.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// The alignments of one layer and head (or of a mean), a sentence pair each.
struct AttentionAlignment {
  std::string layer;  ///< a number, "mean" or "diagonal"
  std::string head;   ///< a number, "mean" or ""
  std::vector<Links> links;

  /// Sum over the pairs, as many as there are links.
  AlignmentScore score(const std::vector<GoldLinks>& gold) const;
};

/// Aligns a text by the cross-attention of a forced pass, between the words that `rule` finds.
/// First comes the diagonal, then the mean over everything, the layers' means and the heads (means
/// of one only are left out). A pair with an empty side has no links. Several threads share the
/// pairs; the result does not depend on their number. Throws UsageError if there is no
/// cross-attention.
std::vector<AttentionAlignment> align_by_attention(const SequenceModel& model,
                                                   const TokenizerPair& tokenizers,
                                                   const ParallelText& text, WordRule rule,
                                                   Symmetrisation symmetrisation, Index threads);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
