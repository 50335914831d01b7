#pragma once

// Attention weights of a step, cut to the source sentence of a row.

#include <vector>

#include "seqlab/decoding/step_model.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// The weights of a row over its source positions; empty for a model without attention.
inline std::vector<Real> attention_row(const StepOutput& output, Index row,
                                       const DecoderState& state) {
  if (output.attention.size() == 0) return {};
  const Index sentence = state.source_rows[static_cast<std::size_t>(row)];
  const Index length = state.source->lengths[static_cast<std::size_t>(sentence)];
  check(length <= cols(output.attention), "attention over {} positions of a source of {}",
        cols(output.attention), length);
  const Real* weights = ref(output.attention).row(row);
  return {weights, weights + length};
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
