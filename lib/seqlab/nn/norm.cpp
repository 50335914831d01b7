#include "seqlab/nn/norm.hpp"

#include "seqlab/autograd/rms_norm.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

Norm::Norm(ParameterStore& store, const std::string& name, Index width, Kind kind)
    : gain(store.add(name + ".gain", 1, width, {Initializer::Kind::constant, 1.0})) {
  if (kind == Kind::rms) return;
  bias = store.add(name + ".bias", 1, width, {Initializer::Kind::constant, 0.0});
}

Variable Norm::operator()(Tape& tape, Variable x) const {
  return bias.exists() ? layer_norm(tape, x, gain, bias) : rms_norm(tape, x, gain);
}

Matrix Norm::value(const Tape& tape, Variable x) const {
  Matrix statistics;
  return bias.exists() ? layer_norm_value(tape, x, gain, bias, statistics)
                       : rms_norm_value(tape, x, gain, statistics);
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
