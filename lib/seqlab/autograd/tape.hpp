#pragma once

// Reverse-mode differentiation over a coarse tape: a node is the result of a whole-sequence
// operation with a hand-derived backward pass. Creation order is topological, so the backward
// pass is one reverse loop over the recorded functions.
//
// An operation computes its result, hands it to `Tape::variable` and records with
// `Tape::on_backward` what turns the gradient of the result into gradients of its inputs. Backward
// functions add to gradients, never overwrite them, since a variable may be used several times.

#include <array>
#include <cstddef>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "seqlab/tensor/matrix.hpp"
#include "seqlab/tensor/profile.hpp"
#include "seqlab/tensor/random.hpp"

namespace seqlab {

/// A parameter's place in the flat buffers of values and of gradients: a [rows, cols] matrix.
struct Parameter {
  Index offset = -1;
  Index rows = 0;
  Index cols = 0;
  bool exists() const { return offset >= 0; }
};

/// A matrix on a tape.
struct Variable {
  Index index = -1;
  bool exists() const { return index >= 0; }
};
using Variables = PooledVector<Variable>;

inline namespace SEQLAB_PRECISION {

/// Where a backward function writes a product: c = product + beta * c. beta is 0 at the first
/// write, which saves filling the gradient with zeros.
struct GradientSink {
  MatrixRef target;
  Real beta;
};

/// A result that a model shows by name, see Tape::show.
struct ShownResult {
  std::string name;
  Variable variable;
  Matrix gradient = Matrix::from_shape({0, 0});  ///< after `backward`; [0, 0] if it has none
};

class Tape {
 public:
  /// For evaluation: records nothing, dropout is off.
  explicit Tape(std::span<const Real> parameters);
  /// For training: gradients of the parameters are added to `gradients`, which has their layout;
  /// dropout masks are drawn from `random`. Both must outlive the tape's use.
  Tape(std::span<const Real> parameters, std::span<Real> gradients, Random* random);
  ~Tape() { clear(); }
  Tape(const Tape&) = delete;
  Tape& operator=(const Tape&) = delete;

  bool training() const { return !gradients_.empty(); }
  Random& random() const { return *random_; }

  /// Puts a matrix on the tape.
  Variable variable(Matrix value);
  /// Puts a matrix that somebody else owns on an evaluation tape, without a copy.
  Variable borrow(const Matrix& value);
  const Matrix& value(Variable v) const {
    const Node& n = node(v);
    return n.borrowed != nullptr ? *n.borrowed : n.value;
  }
  /// For an operation that fills its result after having put it on the tape.
  MatrixRef mutable_value(Variable v) { return ref(node(v).value); }
  /// Takes the value out of the tape; for results of an evaluation.
  Matrix take(Variable v) { return std::move(node(v).value); }
  Index rows(Variable v) const { return seqlab::rows(value(v)); }
  Index cols(Variable v) const { return seqlab::cols(value(v)); }

  /// The gradient of a variable, for adding to; zero at first.
  MatrixRef gradient(Variable v);
  GradientSink gradient_sink(Variable v);
  bool has_gradient(Variable v) const { return node(v).gradient.size() != 0; }

  ConstMatrixRef value(Parameter p) const {
    return {parameters_.data() + p.offset, p.rows, p.cols, p.cols};
  }
  MatrixRef gradient(Parameter p) const {
    return {gradients_.data() + p.offset, p.rows, p.cols, p.cols};
  }

  /// Records `function()` to be run when the gradient of its operation's result is complete. It is
  /// skipped when nothing depends on the result. Afterwards the result is released.
  template <typename Function>
  void on_backward(Variable result, Function&& function) {
    on_backward(std::array{result, Variable{}, Variable{}}, std::forward<Function>(function));
  }
  /// For an operation with up to three results (unused places hold no variable).
  template <typename Function>
  void on_backward(std::array<Variable, 3> results, Function&& function) {
    if (!training()) return;
    using F = std::decay_t<Function>;
    void* memory = arena_allocate(sizeof(F), alignof(F));
    new (memory) F(std::forward<Function>(function));
    steps_.push_back({ProfiledOperation::current(), results, memory,
                      [](void* f) { (*static_cast<F*>(f))(); },
                      [](void* f) { static_cast<F*>(f)->~F(); }});
  }

  /// For an operation in place, which has replaced the value of `v`: `function()` replaces the
  /// gradient of the new value by that of the old one. What made the old value must not read it in
  /// its own backward function.
  template <typename Function>
  void on_backward_in_place(Variable v, Function&& function) {
    if (!training()) return;
    on_backward(v, std::forward<Function>(function));
    steps_.back().in_place = true;
  }

  /// Saves the memory of a value that is cheap to make again (Chen 2016, "Training Deep Nets with
  /// Sublinear Memory Cost"): it is released now, and `make_value()` makes it again when the
  /// backward pass reaches `last`, the last result that was made from it.
  template <typename Function>
  void make_again_for_backward(Variable v, Variable last, Function&& make_value) {
    if (!training() || is_shown(v)) return;
    const ProfiledOperation operation("made again");
    node(v).value = Matrix::from_shape({0, 0});
    on_backward_in_place(last, [this, v, make_value] { node(v).value = make_value(); });
  }

  /// Keeps an object alive until `clear`: what a span in a backward function points to.
  template <typename T>
  const T& keep(T object) {
    void* memory = arena_allocate(sizeof(T), alignof(T));
    kept_.push_back({new (memory) T(std::move(object)), [](void* o) { static_cast<T*>(o)->~T(); }});
    return *static_cast<const T*>(kept_.back().object);
  }

  /// Models show what an analysis may want to see (attention weights, encoder states) by the name
  /// of the layer. It is noted in `shown` if there is one, and its gradient kept there.
  void show(std::string_view name, Variable v) {
    if (shown_ != nullptr) shown_->push_back({std::string(name), v});
  }
  void show_to(std::vector<ShownResult>* shown) { shown_ = shown; }
  bool is_shown(Variable v) const;

  /// The factor of the loss's gradient, for losses that operations add by themselves.
  Real loss_scale() const { return loss_scale_; }
  void set_loss_scale(Real scale) { loss_scale_ = scale; }

  /// Runs the recorded functions in reverse order. Set the gradient of the final variable first
  /// (or use `backward(v)` with a [1, 1] variable, whose gradient becomes 1).
  void backward();
  void backward(Variable loss);

  /// Forgets everything; memory is kept for the next use.
  void clear();

 private:
  struct Node {
    Matrix value;
    Matrix gradient;
    const Matrix* borrowed = nullptr;
  };
  struct Step {
    std::string_view operation;
    std::array<Variable, 3> results;
    void* function;
    void (*run)(void*);
    void (*destroy)(void*);
    bool in_place = false;
  };

  struct Kept {
    void* object;
    void (*destroy)(void*);
  };

  Node& node(Variable v) { return nodes_[static_cast<std::size_t>(v.index)]; }
  const Node& node(Variable v) const { return nodes_[static_cast<std::size_t>(v.index)]; }
  void* arena_allocate(std::size_t size, std::size_t alignment);
  void keep_gradient(Variable v);
  void release(Variable v);

  std::span<const Real> parameters_;
  std::span<Real> gradients_;
  Real loss_scale_ = 1;
  Random* random_ = nullptr;
  std::vector<Node> nodes_;
  std::vector<Step> steps_;
  std::vector<Kept> kept_;
  std::vector<ShownResult>* shown_ = nullptr;

  static constexpr std::size_t kArenaBlock = 1 << 16;
  std::vector<std::unique_ptr<std::byte[]>> arena_;
  std::size_t arena_block_ = 0;
  std::size_t arena_used_ = 0;
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
