#pragma once

// What an attention shows of itself for analyses (Tape::show), whatever its kind.

#include <string>

#include "seqlab/autograd/attention.hpp"
#include "seqlab/nn/layers.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// The names that one attention shows by, kept so that a pass makes no strings.
class ShownAttention {
 public:
  ShownAttention() = default;
  explicit ShownAttention(const std::string& name)
      : weights_(name),
        query_(name + ".query"),
        key_(name + ".key"),
        value_(name + ".value"),
        context_(name + ".context") {}

  /// Shows the weights by the name itself, and what they were made of by NAME.query, NAME.key,
  /// NAME.value and NAME.context. The query may be missing.
  void show(Tape& tape, Variable queries, Variable keys, Variable values, Variable contexts,
            Variable weights) const {
    tape.show(weights_, weights);
    if (queries.exists()) tape.show(query_, queries);
    tape.show(key_, keys);
    tape.show(value_, values);
    tape.show(context_, contexts);
  }

 private:
  std::string weights_, query_, key_, value_, context_;
};

/// Attention, shown, with its contexts projected by `output`: [T*B, D]. The memory of the contexts is
/// saved until the backward pass.
Variable projected_attention(Tape& tape, const ShownAttention& shown, Variable queries,
                             Variable keys, Variable values, const AttentionOptions& options,
                             const Linear& output);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
