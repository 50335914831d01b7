#pragma once

// Self-attention of one layer, over whole sequences and one position at a time. What later
// positions need of an earlier one are its cache entries: keys and values, or less.

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "seqlab/autograd/tape.hpp"
#include "seqlab/models/options.hpp"
#include "seqlab/nn/parameters.hpp"
#include "seqlab/tensor/step_attention.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// The cached positions that a row of a step sees, its own the last: keys are entries of the first
/// cache, values of the last (of the same, where there is one). Row r has the pieces
/// [r * pieces, (r + 1) * pieces).
struct CachedRows {
  std::span<const AttendedPositions> pieces;
  Index pieces_per_row = 1;

  std::span<const AttendedPositions> row(Index r) const {
    return pieces.subspan(static_cast<std::size_t>(r * pieces_per_row),
                          static_cast<std::size_t>(pieces_per_row));
  }
  /// Positions that the row with most of them sees.
  Index longest() const;
};

class SelfAttention {
 public:
  virtual ~SelfAttention() = default;
  /// Numbers that each cache keeps for a position.
  virtual std::vector<Index> cache_widths() const = 0;
  /// The cache entries of the rows of x [N, D], one matrix [N, width] for each cache; row r stands
  /// at positions[r]. `positions` must outlive the backward pass.
  virtual Variables entries(Tape& tape, Variable x,
                                        std::span<const Index> positions) const = 0;
  /// Every position of x [T*B, D], time-major; `entries` are those of x. Result [T*B, D].
  virtual Variable forward(Tape& tape, Variable x, std::span<const Variable> entries,
                           std::span<const Index> positions, std::span<const Index> lengths,
                           bool causal) const = 0;
  struct Step {
    Variable output;  ///< [rows, D]
    Matrix weights;   ///< [rows, cached.longest()] over the cached positions, mean over heads
  };
  /// One position a row, x [rows, D], over the cache; for evaluation.
  virtual Step step(Tape& tape, Variable x, std::span<const Index> positions,
                    const CachedRows& cached) const = 0;

  Variable forward(Tape& tape, Variable x, std::span<const Index> positions,
                   std::span<const Index> lengths, bool causal) const {
    return forward(tape, x, entries(tape, x, positions), positions, lengths, causal);
  }
};

/// ALiBi's slopes 2^(-8 (h + 1) / heads) for head h (Press 2022); empty for other positions.
std::vector<Real> distance_slopes(const TransformerOptions& options);

std::unique_ptr<SelfAttention> make_self_attention(ParameterStore& store, const std::string& name,
                                                   const ModelOptions& options);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
