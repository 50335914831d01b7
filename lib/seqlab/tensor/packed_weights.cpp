#include "seqlab/tensor/packed_weights.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "seqlab/tensor/bf16_panels.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

thread_local PackedWeights* active = nullptr;
thread_local std::atomic<const Real*>* last_following = nullptr;  // of what was read last

}  // namespace

void PackedWeights::update(Workers& workers) {
  std::erase_if(copies_, [](const auto& entry) { return !entry.second.used; });
  for (auto& [key, copy] : copies_) {
    copy.used = false;
    copy.following = nullptr;
    const ConstMatrixRef weight = std::make_from_tuple<ConstMatrixRef>(key);
    Real* const to = copy.values.data();
    const Index cols = panels(weight, to).cols;
    workers.run((cols + kPanelStep - 1) / kPanelStep, [&](Index part) {
      const Index first = part * kPanelStep;
      pack(weight, first, std::min(kPanelStep, cols - first), to);
    });
  }
}

std::optional<Panels> PackedWeights::find(ConstMatrixRef weight) {
  const Real* const begin = parameters_.data();
  if (std::less<>()(weight.data, begin) ||
      !std::less<>()(weight.data, begin + parameters_.size())) {
    return std::nullopt;
  }
  const std::scoped_lock lock(mutex_);
  const Key key(weight.data, weight.rows, weight.cols, weight.stride);
  const auto [place, added] = copies_.try_emplace(key);
  auto& [values, following, used] = place->second;
  used = true;
  Panels found = panels(weight, values.data());
  if (added) {
    values = make_matrix(1, panels_size(found.terms, found.cols));
    pack(weight, 0, found.cols, values.data());
    found.data = values.data();
  }
  found.following = &following;
  return found;
}

Panels PackedWeights::panels(ConstMatrixRef weight, const Real* data) const {
  if (content_ == Content::transposes) return {data, weight.cols, weight.rows};
  return {data, (weight.rows + 1) / 2, out_of_pairs(weight).cols};
}

void PackedWeights::pack(ConstMatrixRef weight, Index first, Index count, Real* to) const {
  if (content_ == Content::transposes) {
    pack_transpose(weight, first, count, to);
  } else {
    pack_row_pairs(out_of_pairs(weight), first, count, to);
  }
}

PackedProducts::PackedProducts(PackedWeights* weights) {
  check(active == nullptr, "packed products inside of others");
  active = weights;
  last_following = nullptr;
}

PackedProducts::~PackedProducts() { active = nullptr; }

std::optional<Panels> find_packed(ConstMatrixRef weight) {
  if (active == nullptr) return std::nullopt;
  const std::optional<Panels> panels = active->find(weight);
  if (panels) {
    if (last_following != nullptr) {
      last_following->store(panels->data, std::memory_order_relaxed);
    }
    last_following = panels->following;
  }
  return panels;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
