#pragma once

// Positions of tokens: where each row of a batch stands, and the codes that are added to its
// embedding (Vaswani 2017, section 3.5; learned ones: Gehring 2017). Rotary positions and distance
// slopes are no codes: self-attention does them.

#include <span>
#include <string>

#include "seqlab/autograd/tape.hpp"
#include "seqlab/models/options.hpp"
#include "seqlab/nn/parameters.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// The positions 0..steps-1 of the rows of a time-major batch; they live on the tape.
std::span<const Index> time_major_positions(Tape& tape, Index steps, Index batch);

class PositionCodes {
 public:
  /// Learned codes are the parameter `name`.positions [max_length, width].
  PositionCodes(ParameterStore& store, const std::string& name, Index width,
                const TransformerOptions& options);
  /// x [N, width] with each row's code added; row r stands at positions[r]. x itself may change:
  /// use it no more. Throws RuntimeFailure past the last learned position.
  Variable operator()(Tape& tape, Variable x, std::span<const Index> positions) const;

  /// How many positions have a code.
  Index count() const;

 private:
  TransformerOptions::Positions kind_;
  Parameter learned_;
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
