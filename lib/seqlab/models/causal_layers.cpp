#include "seqlab/models/causal_layers.hpp"

#include "seqlab/models/causal_recurrent.hpp"
#include "seqlab/models/causal_transformer.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

std::unique_ptr<CausalLayers> make_causal_layers(const ModelOptions& options,
                                                 ParameterStore& store) {
  if (options.decoder == DecoderKind::transformer) {
    return std::make_unique<CausalTransformer>(options, store);
  }
  return std::make_unique<CausalRecurrent>(options, store);
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
