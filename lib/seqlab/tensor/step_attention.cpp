#include "seqlab/tensor/step_attention.hpp"

#include "seqlab/tensor/flops.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

void attend(const Real* query, Index key_width, Positions keys, Positions values,
            Index value_width, Index length, Index heads, Real scale, Real* context, Real* weights,
            Real* scratch) {
  const Index key_head = key_width / heads;
  const Index value_head = value_width / heads;
  counted_flops += 2.0 * static_cast<double>(length * (key_width + value_width));
  std::fill_n(context, value_width, Real(0));
  std::fill_n(weights, length, Real(0));
  for (Index h = 0; h < heads; ++h) {
    const Real* q = query + h * key_head;
    for (Index j = 0; j < length; ++j) {
      scratch[j] = scale * dot(q, keys.data + j * keys.stride + h * key_head, key_head);
    }
    softmax(scratch, length);
    for (Index j = 0; j < length; ++j) {
      add_scaled(context + h * value_head, scratch[j],
                 values.data + j * values.stride + h * value_head, value_head);
    }
    add_scaled(weights, Real(1) / static_cast<Real>(heads), scratch, length);
  }
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
