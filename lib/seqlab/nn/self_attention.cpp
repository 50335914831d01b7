#include "seqlab/nn/self_attention.hpp"

#include "seqlab/nn/grouped_attention.hpp"

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

std::unique_ptr<SelfAttention> make_self_attention(ParameterStore& store, const std::string& name,
                                                   const ModelOptions& options) {
  return std::make_unique<GroupedAttention>(store, name, options.width, options.transformer);
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
