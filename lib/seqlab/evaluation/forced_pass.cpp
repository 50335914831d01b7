#include "seqlab/evaluation/forced_pass.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "seqlab/error.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// The number in "decoder.layer12.cross_attention"; 0 where there is none.
Index layer_of(std::string_view name) {
  const std::size_t place = name.find(".layer");
  Index layer = 0;
  if (place != std::string_view::npos) {
    std::from_chars(name.data() + place + 6, name.data() + name.size(), layer);
  }
  return layer;
}

std::optional<AttentionKind> kind_of(std::string_view name) {
  if (name == "decoder.attention" || name.ends_with(".cross_attention")) {
    return AttentionKind::cross;
  }
  if (!name.ends_with(".self_attention")) return std::nullopt;
  return name.starts_with("encoder.") ? AttentionKind::encoder : AttentionKind::decoder;
}

constexpr std::array kKinds{AttentionKind::cross, AttentionKind::encoder, AttentionKind::decoder};

}  // namespace

std::string attention_kind_name(AttentionKind kind) {
  switch (kind) {
    case AttentionKind::cross:
      return "cross";
    case AttentionKind::encoder:
      return "encoder";
    case AttentionKind::decoder:
      return "decoder";
  }
  throw std::logic_error("unknown kind of attention");
}

AttentionKind parse_attention_kind(const std::string& name, const std::string& where) {
  for (const AttentionKind kind : kKinds) {
    if (name == attention_kind_name(kind)) return kind;
  }
  throw UsageError(fmt::format("{} '{}'; valid: cross, encoder, decoder", where, name));
}

std::string list_places(const std::vector<AttentionPlace>& places) {
  std::string text;
  for (const AttentionKind kind : kKinds) {
    Index layers = 0, heads = 0;
    for (const AttentionPlace& place : places) {
      if (place.kind != kind) continue;
      layers = std::max(layers, place.layer + 1);
      heads = std::max(heads, place.head + 1);
    }
    if (layers == 0) continue;
    text += fmt::format("{}{} (layers 0-{}, heads 0-{})", text.empty() ? "" : ", ",
                        attention_kind_name(kind), layers - 1, heads - 1);
  }
  return text.empty() ? "nothing, since it sees one vector" : text;
}

ForcedPass::ForcedPass(const SequenceModel& model, const Sentence& source, const Sentence& target)
    : tape_(model.parameters().values()),
      source_steps_(static_cast<Index>(source.size()) + 1),
      target_steps_(static_cast<Index>(target.size()) + 1) {
  tape_.show_to(&results_);
  // A batch of one sentence: no padding, and time-major and sentence-major layouts agree.
  model.loss(tape_, make_batch({&source}, {&target}, {0}), {});
  for (const ShownResult& result : results_) {
    std::vector<Variable>& parts = parts_[result.name];
    if (parts.empty()) names_.push_back(result.name);
    parts.push_back(result.variable);
  }
}

std::vector<SeenAttention> ForcedPass::attentions() const {
  std::vector<SeenAttention> found;
  for (const std::string& name : names_) {
    const std::optional<AttentionKind> kind = kind_of(name);
    if (!kind) continue;
    SeenAttention seen{.name = name, .kind = *kind, .layer = layer_of(name)};
    Index height = 0;
    for (const Variable part : parts_.at(name)) height += tape_.rows(part);
    seen.columns = tape_.cols(parts_.at(name).front());
    seen.rows = *kind == AttentionKind::encoder ? source_steps_ : target_steps_;
    const Index width = *kind == AttentionKind::decoder ? target_steps_ : source_steps_;
    seen.joined = *kind == AttentionKind::decoder && seen.columns == source_steps_ + target_steps_;
    check(seen.columns == width || seen.joined, "{}: attention to {} positions of {}", name,
          seen.columns, width);
    if (seen.joined) seen.rows = seen.columns;
    check(height % seen.rows == 0, "{}: {} rows of attention for {} positions", name, height,
          seen.rows);
    seen.heads = height / seen.rows;
    found.push_back(std::move(seen));
  }
  return found;
}

Matrix ForcedPass::all(const std::string& name) const {
  const auto found = parts_.find(name);
  if (found == parts_.end()) return Matrix::from_shape({0, 0});
  Index count = 0;
  for (const Variable part : found->second) count += tape_.rows(part);
  Matrix m = make_matrix(count, tape_.cols(found->second.front()));
  Index row = 0;
  for (const Variable part : found->second) {
    copy(ref(tape_.value(part)), ref(m).row_block(row, tape_.rows(part)));
    row += tape_.rows(part);
  }
  return m;
}

Matrix ForcedPass::first(const std::string& name, Index count) const {
  Matrix m = all(name);
  if (rows(m) <= count) return m;
  Matrix head = make_matrix(count, cols(m));
  copy(ref(std::as_const(m)).row_block(0, count), ref(head));
  return head;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
