#pragma once

// Normalization with its parameters: layer norm (Ba 2016) or RMS norm (Zhang and Sennrich 2019).

#include <string>

#include "seqlab/autograd/layers.hpp"
#include "seqlab/models/options.hpp"
#include "seqlab/nn/parameters.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

struct Norm {
  Parameter gain;
  Parameter bias;  ///< layer norm only

  using Kind = TransformerOptions::Normalization;
  Norm() = default;
  Norm(ParameterStore& store, const std::string& name, Index width, Kind kind = Kind::layer);
  Variable operator()(Tape& tape, Variable x) const;
  /// The value of the same, off the tape.
  Matrix value(const Tape& tape, Variable x) const;
  bool exists() const { return gain.exists(); }
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
