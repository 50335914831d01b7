#include "seqlab/autograd/tape.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

Tape::Tape(std::span<const Real> parameters) : parameters_(parameters) {}

Tape::Tape(std::span<const Real> parameters, std::span<Real> gradients, Random* random)
    : parameters_(parameters), gradients_(gradients), random_(random) {
  check(parameters.size() == gradients.size(), "tape: {} parameters but {} gradients",
        parameters.size(), gradients.size());
}

Variable Tape::variable(Matrix value) {
  nodes_.push_back({std::move(value), Matrix::from_shape({0, 0})});
  return {static_cast<Index>(nodes_.size()) - 1};
}

Variable Tape::borrow(const Matrix& value) {
  check(!training(), "tape: only an evaluation may borrow a matrix");
  nodes_.push_back({Matrix::from_shape({0, 0}), Matrix::from_shape({0, 0}), &value});
  return {static_cast<Index>(nodes_.size()) - 1};
}

MatrixRef Tape::gradient(Variable v) {
  Node& n = node(v);
  if (n.gradient.size() == 0) n.gradient = zeros(seqlab::rows(n.value), seqlab::cols(n.value));
  return ref(n.gradient);
}

GradientSink Tape::gradient_sink(Variable v) {
  Node& n = node(v);
  if (n.gradient.size() != 0) return {ref(n.gradient), Real(1)};
  n.gradient = make_matrix(seqlab::rows(n.value), seqlab::cols(n.value));
  return {ref(n.gradient), Real(0)};
}

void Tape::backward(Variable loss) {
  check(rows(loss) == 1 && cols(loss) == 1, "backward: the loss is a [{}, {}] matrix", rows(loss),
        cols(loss));
  gradient(loss).data[0] += Real(1);
  backward();
}

void Tape::backward() {
  for (std::size_t i = steps_.size(); i-- > 0;) {
    const Step step = steps_[i];
    const bool needed = std::any_of(step.results.begin(), step.results.end(), [&](Variable v) {
      return v.exists() && has_gradient(v);
    });
    if (needed) {
      const ProfiledOperation operation(step.operation, Pass::backward);
      step.run(step.function);
    }
    step.destroy(step.function);
    steps_.pop_back();
    if (step.in_place) continue;
    // Later steps are done and earlier ones do not read these results.
    for (const Variable v : step.results) {
      if (v.exists()) release(v);
    }
  }
  if (shown_ != nullptr) {
    for (const ShownResult& result : *shown_) keep_gradient(result.variable);  // inputs
  }
  clear();
}

bool Tape::is_shown(Variable v) const {
  return shown_ != nullptr &&
         std::any_of(shown_->begin(), shown_->end(),
                     [&](const ShownResult& result) { return result.variable.index == v.index; });
}

void Tape::keep_gradient(Variable v) {
  if (shown_ == nullptr || !has_gradient(v)) return;
  for (ShownResult& result : *shown_) {
    if (result.variable.index == v.index) result.gradient = node(v).gradient;
  }
}

void Tape::release(Variable v) {
  keep_gradient(v);
  node(v) = {Matrix::from_shape({0, 0}), Matrix::from_shape({0, 0})};
}

void Tape::clear() {
  for (const Step& step : steps_) step.destroy(step.function);
  for (const Kept& kept : kept_) kept.destroy(kept.object);
  steps_.clear();
  kept_.clear();
  nodes_.clear();
  arena_block_ = 0;
  arena_used_ = 0;
}

void* Tape::arena_allocate(std::size_t size, std::size_t alignment) {
  check(alignment <= alignof(std::max_align_t), "tape: a function aligned to {} bytes", alignment);
  check(size <= kArenaBlock, "tape: a backward function of {} bytes", size);
  arena_used_ = (arena_used_ + alignment - 1) / alignment * alignment;
  if (arena_.empty() || arena_used_ + size > kArenaBlock) {
    if (!arena_.empty()) ++arena_block_;
    if (arena_block_ == arena_.size()) {
      arena_.push_back(std::make_unique<std::byte[]>(kArenaBlock));
    }
    arena_used_ = 0;
  }
  void* memory = arena_[arena_block_].get() + arena_used_;
  arena_used_ += size;
  return memory;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
