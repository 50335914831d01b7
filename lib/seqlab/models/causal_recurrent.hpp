#pragma once

// Recurrent language-model layers (Mikolov 2010, Sundermeyer 2012): the state of a cell is all that
// they know of what came before.

#include "seqlab/autograd/recurrent.hpp"
#include "seqlab/models/causal_layers.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

class CausalRecurrent : public CausalLayers {
 public:
  CausalRecurrent(const ModelOptions& options, ParameterStore& store);
  Variable forward(Tape& tape, Variable x, std::span<const Index> lengths) const override;
  DecoderState read(Tape& tape, Variable x, std::span<const Index> lengths) const override;
  DecoderState begin(Tape& tape, Index batch) const override;
  StepFeatures step(Tape& tape, Variable x, DecoderState& state) const override;
  Index width() const override { return width_; }

 private:
  /// All layers over the steps of x; `states` become the outputs of every step.
  Variable run(Tape& tape, Variable x, RecurrentStates& states,
               std::span<const Index> lengths) const;
  RecurrentStates zero_states(Tape& tape, Index batch) const;

  Cell cell_;
  Index width_;
  double dropout_;
  std::vector<RecurrentParameters> layers_;
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
