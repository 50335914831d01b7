#pragma once

// All that search knows of a model: start from a batch of sources, then step.

#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "seqlab/data/batch.hpp"
#include "seqlab/decoding/options.hpp"
#include "seqlab/tensor/matrix.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// What a model keeps of the source sentences, shared by all hypotheses and never copied.
/// Models derive from it.
class SourceMemory {
 public:
  virtual ~SourceMemory() = default;
  std::vector<Index> lengths;  ///< [B] source lengths, end marks included
};

/// The state of a batch of hypotheses, one row each. A plain value; what is per row is gathered
/// by `select_rows`, written once for every model family.
struct DecoderState {
  /// Per-row numbers. Only the first `used_columns` are meaningful (a cache that is still
  /// growing); -1 means all.
  struct RowValues {
    Matrix values;
    Index used_columns = -1;
  };

  std::shared_ptr<const SourceMemory> source;
  std::vector<Index> source_rows;  ///< [rows] the sentence that each hypothesis translates
  std::vector<RowValues> rows;     ///< hidden states, cells, contexts, key and value caches
  Index position = 0;              ///< tokens read so far

  Index size() const { return static_cast<Index>(source_rows.size()); }
  /// Row r becomes the old row parents[r]. Rows may be repeated, reordered and dropped.
  void select_rows(std::span<const Index> parents);
};

struct StepOutput {
  Matrix logits;     ///< [rows, V] unnormalised log-probabilities of the next token
  /// [rows, S] weights over source positions, which sum to one, or to less in a model that attends
  /// to source and target at once; [0, 0] without attention.
  Matrix attention;
};

class StepModel {
 public:
  virtual ~StepModel() = default;
  /// Encodes the sources (each ends with kEos); one row per sentence, nothing read yet.
  virtual DecoderState start(const TokenBatch& source) const = 0;
  /// Reads one token per row (kBos first), moves the state on and predicts the next token.
  virtual StepOutput step(std::span<const TokenId> tokens, DecoderState& state) const = 0;
  virtual Index target_vocabulary() const = 0;
  /// So many steps can follow a source of so many tokens, end mark included.
  virtual Index max_steps(Index /*source_length*/) const {
    return std::numeric_limits<Index>::max();
  }
  /// The numbers that its products read at every step, which decoding may round or lay out
  /// beforehand.
  virtual std::span<const Real> weights() const { return {}; }
};

/// Most target tokens (end mark included) that `options` and the model's positions allow for a
/// source of so many tokens; at least 1.
Index max_target_length(const StepModel& model, const DecodingOptions& options,
                        Index source_tokens);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
