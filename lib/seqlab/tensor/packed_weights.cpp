#include "seqlab/tensor/packed_weights.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

thread_local PackedWeights* active = nullptr;

}  // namespace

void PackedWeights::update(Workers& workers) {
  std::erase_if(copies_, [](const auto& entry) { return !entry.second.used; });
  for (auto& [key, copy] : copies_) {
    copy.used = false;
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
  Matrix& copy = place->second.values;
  place->second.used = true;
  if (added) {
    copy = make_matrix(1, panels_size(weight.cols, weight.rows));
    pack_transpose(weight, 0, weight.rows, copy.data());
  }
  return Panels{copy.data(), weight.cols, weight.rows};
}

PackedProducts::PackedProducts(PackedWeights* weights) {
  check(active == nullptr, "packed products inside of others");
  active = weights;
}

PackedProducts::~PackedProducts() { active = nullptr; }

std::optional<Panels> find_packed(ConstMatrixRef weight) {
  return active == nullptr ? std::nullopt : active->find(weight);
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
