#pragma once

// What a model shows of itself (Tape::show) in one teacher-forced pass over a sentence pair, and
// which of that is attention:
//
//   encoder.layerL.self_attention  decoder.layerL.self_attention  decoder.layerL.cross_attention
//   decoder.attention              (recurrent decoders: one layer, one head, cross-attention)

#include <map>
#include <string>
#include <vector>

#include "seqlab/autograd/tape.hpp"
#include "seqlab/models/sequence_model.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

enum class AttentionKind { cross, encoder, decoder };

/// "cross", "encoder" or "decoder".
std::string attention_kind_name(AttentionKind kind);
/// Throws UsageError that lists the names; `where` is the option or key that gave this one.
AttentionKind parse_attention_kind(const std::string& name, const std::string& where);

/// A head of an attention.
struct AttentionPlace {
  AttentionKind kind = AttentionKind::cross;
  Index layer = 0;
  Index head = 0;
};

/// What a model offers, for messages: "encoder (layers 0-1, heads 0-3), cross (layers 0-1, ..".
std::string list_places(const std::vector<AttentionPlace>& places);

/// An attention whose weights were shown by its name, [heads * rows, columns].
struct SeenAttention {
  std::string name;
  AttentionKind kind = AttentionKind::cross;
  Index layer = 0;
  Index heads = 1;
  Index rows = 0;     ///< positions that attend
  Index columns = 0;  ///< positions that they attend to
  /// The decoder's self-attention of a model without an encoder: source and target are one
  /// sequence, of rows and of columns.
  bool joined = false;
};

class ForcedPass {
 public:
  /// Sentences without marks; for a model of plain text the source is empty.
  ForcedPass(const SequenceModel& model, const Sentence& source, const Sentence& target);

  Index source_steps() const { return source_steps_; }  ///< x1 .. xm </s>
  Index target_steps() const { return target_steps_; }  ///< <s> y1 .. yn
  /// In the order of the pass.
  std::vector<SeenAttention> attentions() const;
  /// What was shown by this name, parts that were shown step by step below each other; [0, 0] if
  /// nothing was.
  Matrix all(const std::string& name) const;
  /// The first `count` rows, of what is shown again in each step.
  Matrix first(const std::string& name, Index count) const;

 private:
  Tape tape_;
  std::vector<ShownResult> results_;
  std::vector<std::string> names_;  ///< in the order of the pass
  std::map<std::string, std::vector<Variable>> parts_;
  Index source_steps_, target_steps_;
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
