#include "seqlab/nn/self_attention.hpp"

#include "seqlab/nn/grouped_attention.hpp"
#include "seqlab/nn/latent_attention.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

Index CachedRows::longest() const {
  Index most = 0;
  for (std::size_t first = 0; first < pieces.size();) {
    Index length = 0;
    for (Index i = 0; i < pieces_per_row; ++i) length += pieces[first++].length;
    most = std::max(most, length);
  }
  return most;
}

std::vector<Real> distance_slopes(const TransformerOptions& options) {
  std::vector<Real> slopes;
  if (options.positions != TransformerOptions::Positions::alibi) return slopes;
  for (Index h = 0; h < options.heads; ++h) {
    slopes.push_back(static_cast<Real>(
        std::exp2(-8.0 * static_cast<double>(h + 1) / static_cast<double>(options.heads))));
  }
  return slopes;
}

std::unique_ptr<SelfAttention> make_self_attention(ParameterStore& store, const std::string& name,
                                                   const ModelOptions& options) {
  if (options.transformer.attention == TransformerOptions::Attention::latent) {
    return std::make_unique<LatentAttention>(store, name, options);
  }
  return std::make_unique<GroupedAttention>(store, name, options);
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
