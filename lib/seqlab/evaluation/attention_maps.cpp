#include "seqlab/evaluation/attention_maps.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <map>

#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// Weights with one name, as they were shown: at once, or a row for each step.
struct ShownWeights {
  AttentionKind kind;
  Index layer;
  Matrix weights;  ///< [heads * rows, columns]
};

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

std::vector<ShownWeights> collect(const Tape& tape, const std::vector<ShownResult>& shown) {
  std::map<std::string, std::vector<Variable>> parts;
  std::vector<std::string> names;  // in the order of the pass
  for (const ShownResult& result : shown) {
    if (!kind_of(result.name)) continue;
    std::vector<Variable>& variables = parts[result.name];
    if (variables.empty()) names.push_back(result.name);
    variables.push_back(result.variable);
  }
  std::vector<ShownWeights> all;
  for (const std::string& name : names) {
    const std::vector<Variable>& variables = parts[name];
    Index count = 0;
    for (const Variable v : variables) count += tape.rows(v);
    ShownWeights one{*kind_of(name), layer_of(name), make_matrix(count, tape.cols(variables[0]))};
    Index row = 0;
    for (const Variable v : variables) {
      copy(ref(tape.value(v)), ref(one.weights).row_block(row, tape.rows(v)));
      row += tape.rows(v);
    }
    all.push_back(std::move(one));
  }
  return all;
}

/// Puts the words of a source that was read backwards in order; the end mark stays last.
void unreverse_columns(MatrixRef weights) {
  for (Index r = 0; r < weights.rows; ++r) {
    std::reverse(weights.row(r), weights.row(r) + weights.cols - 1);
  }
}

void unreverse_rows(MatrixRef weights) {
  for (Index low = 0, high = weights.rows - 2; low < high; ++low, --high) {
    std::swap_ranges(weights.row(low), weights.row(low) + weights.cols, weights.row(high));
  }
}

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

std::vector<AttentionMap> attention_maps(const SequenceModel& model, const Sentence& source,
                                         const Sentence& target) {
  Tape tape(model.parameters().values());
  std::vector<ShownResult> shown;
  tape.show_to(&shown);
  // A batch of one sentence: no padding, and time-major and sentence-major layouts agree.
  model.loss(tape, make_batch({&source}, {&target}, {0}), {});

  const auto source_steps = static_cast<Index>(source.size()) + 1;
  const auto target_steps = static_cast<Index>(target.size()) + 1;
  std::vector<AttentionMap> maps;
  for (const ShownWeights& one : collect(tape, shown)) {
    const Index height = one.kind == AttentionKind::encoder ? source_steps : target_steps;
    const Index width = one.kind == AttentionKind::decoder ? target_steps : source_steps;
    // Source and target may be one sequence, of whose positions only the predicting ones are shown.
    const bool joined =
        one.kind == AttentionKind::decoder && cols(one.weights) == source_steps + target_steps;
    if (cols(one.weights) != width && !joined) continue;  // a pooled vector
    const Index steps = joined ? cols(one.weights) : height;
    check(rows(one.weights) % steps == 0, "attention maps: {} rows for {} positions",
          rows(one.weights), steps);
    for (Index head = 0; head < rows(one.weights) / steps; ++head) {
      AttentionMap map{one.kind, one.layer, head, make_matrix(height, cols(one.weights))};
      const MatrixRef weights = ref(map.weights);
      copy(ref(one.weights).row_block((head + 1) * steps - height, height), weights);
      if (model.reads_source_backwards()) {
        if (one.kind != AttentionKind::decoder) unreverse_columns(weights);
        if (one.kind == AttentionKind::encoder) unreverse_rows(weights);
      }
      maps.push_back(std::move(map));
    }
  }
  constexpr std::array order{AttentionKind::encoder, AttentionKind::decoder, AttentionKind::cross};
  std::stable_sort(maps.begin(), maps.end(), [&](const AttentionMap& a, const AttentionMap& b) {
    return std::find(order.begin(), order.end(), a.kind) <
           std::find(order.begin(), order.end(), b.kind);
  });
  return maps;
}

Matrix mean_attention(const std::vector<const AttentionMap*>& maps) {
  check(!maps.empty(), "mean_attention: no maps");
  Matrix mean = maps.front()->weights;
  for (std::size_t i = 1; i < maps.size(); ++i) add(ref(mean), ref(maps[i]->weights));
  const Real share = Real(1) / static_cast<Real>(maps.size());
  for (Real& weight : mean) weight *= share;
  return mean;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
