#include "seqlab/nn/layers.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

Linear::Linear(ParameterStore& store, const std::string& name, Index in, Index out, bool with_bias)
    : weight(store.add(name + ".weight", out, in, {Initializer::Kind::glorot})) {
  if (with_bias) bias = store.add(name + ".bias", 1, out, {Initializer::Kind::constant, 0.0});
}

Parameter add_embedding(ParameterStore& store, const std::string& name, Index vocabulary,
                        Index width) {
  return store.add(name, vocabulary, width,
                   {Initializer::Kind::normal, 1.0 / std::sqrt(static_cast<double>(width))});
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
