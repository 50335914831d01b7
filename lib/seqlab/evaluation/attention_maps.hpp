#pragma once

// The attention weights of any model, one map for each layer and head, read from one teacher-forced
// pass.

#include <string>
#include <vector>

#include "seqlab/evaluation/forced_pass.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Row i says how position i of the attending sentence looks at each position of the attended one;
/// rows sum to one. Rows of cross and decoder maps are the predicted tokens y1 .. yn </s>, rows of
/// encoder maps and columns of both encoder and cross maps the source x1 .. xm </s>, and columns of
/// decoder maps what the decoder has read: <s> y1 .. yn, in a model without an encoder after the
/// source. Of such a model the cross maps are the source's columns of the decoder maps; what their
/// rows lack to one is spent on the target.
struct AttentionMap : AttentionPlace {
  Matrix weights;
};

/// All maps of a sentence pair (without marks), in the order encoder, decoder and cross, then
/// layers, then heads. Source positions are in the order of the words, even if the model reads
/// them backwards. A model with a fixed context may have no map at all.
std::vector<AttentionMap> attention_maps(const SequenceModel& model, const Sentence& source,
                                         const Sentence& target);

/// The mean over the maps, which are of one sentence pair and kind; at least one.
Matrix mean_attention(const std::vector<const AttentionMap*>& maps);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
