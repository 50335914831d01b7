#include "seqlab/tensor/packed_weights.hpp"

#include <algorithm>
#include <functional>
#include <utility>

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
    workers.run((weight.rows + kPanelStep - 1) / kPanelStep, [&](Index part) {
      const Index first = part * kPanelStep;
      pack_transpose(weight, first, std::min(kPanelStep, weight.rows - first), to);
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
  if (added) {
    values = make_matrix(1, panels_size(weight.cols, weight.rows));
    pack_transpose(weight, 0, weight.rows, values.data());
  }
  return Panels{values.data(), weight.cols, weight.rows, &following};
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
