#pragma once

// The layers of a language model: the features of a position come from it and from those before.

#include <limits>
#include <memory>
#include <span>

#include "seqlab/decoding/step_model.hpp"
#include "seqlab/models/options.hpp"
#include "seqlab/models/step_features.hpp"
#include "seqlab/nn/parameters.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

class CausalLayers {
 public:
  virtual ~CausalLayers() = default;
  /// Features [T*B, width()] of all positions of x [T*B, E], embedded tokens, time-major.
  virtual Variable forward(Tape& tape, Variable x, std::span<const Index> lengths) const = 0;
  /// The state after having read x [S*B, E], one row for each of B sequences, or before the first
  /// token of `batch` sequences. For evaluation.
  virtual DecoderState read(Tape& tape, Variable x, std::span<const Index> lengths) const = 0;
  virtual DecoderState begin(Tape& tape, Index batch) const = 0;
  /// Features of one more token a row, x [rows, E]. For evaluation.
  virtual StepFeatures step(Tape& tape, Variable x, DecoderState& state) const = 0;
  /// How many tokens of one sequence they can read.
  virtual Index max_positions() const { return std::numeric_limits<Index>::max(); }
  virtual Index width() const = 0;
};

/// Parameters are named "decoder.*".
std::unique_ptr<CausalLayers> make_causal_layers(const ModelOptions& options,
                                                 ParameterStore& store);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
