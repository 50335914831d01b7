#include "seqlab/nn/shown_attention.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

Variable projected_attention(Tape& tape, const ShownAttention& shown, Variable queries,
                             Variable keys, Variable values, const AttentionOptions& options,
                             const Linear& output) {
  const AttentionOutput attended = multi_head_attention(tape, queries, keys, values, options);
  shown.show(tape, queries, keys, values, attended.contexts, attended.weights);
  const Variable result = output(tape, attended.contexts);
  make_contexts_again(tape, attended, values, options, result);
  return result;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
