#pragma once

// Decoding, a recurrent layer and the output layer multiply few rows at a time with the same
// weights, stored as [out, in]: to lay a weight out anew in every such product takes up to a third
// of its time. Laid out once in panels, which are read one after the other, the product runs at
// full speed.

#include <atomic>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <tuple>

#include "seqlab/tensor/panel_product.hpp"
#include "seqlab/tensor/workers.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// With more rows, a weight is laid out in no time beside the product: a copy would only take
/// memory.
inline constexpr Index kMostRowsOfPacked = 512;

/// Copies of a model's weights [out, in], transposed, as panels; each made when it is first asked
/// for.
class PackedWeights {
 public:
  /// What the panels hold: the transposes, or the weights themselves, which are in bfloat16, with
  /// two rows in one of pairs (bf16_panels.hpp).
  enum class Content { transposes, row_pairs };

  /// `parameters`, which holds all weights, must outlive the object.
  explicit PackedWeights(std::span<const Real> parameters, Content content = Content::transposes)
      : parameters_(parameters), content_(content) {}

  /// To be called when the parameters have changed: makes those copies anew that were asked for
  /// since the last update, and drops the others, which a batch of unusual size may have left.
  void update(Workers& workers);

  /// The panels of a block of `parameters`; none for a matrix that lies elsewhere. May be called by
  /// several threads at once.
  std::optional<Panels> find(ConstMatrixRef weight);

 private:
  using Key = std::tuple<const Real*, Index, Index, Index>;  // all of a ConstMatrixRef
  struct Copy {
    Matrix values = make_matrix(0, 0);
    std::atomic<const Real*> following = nullptr;  // of Panels
    bool used = false;                             // since the last update
  };

  /// Those of a weight, which are at `data`, without what is read after them.
  Panels panels(ConstMatrixRef weight, const Real* data) const;
  /// Writes panels, of their columns those from `first` on, `count` of them.
  void pack(ConstMatrixRef weight, Index first, Index count, Real* to) const;

  std::span<const Real> parameters_;
  Content content_;
  std::mutex mutex_;
  std::map<Key, Copy> copies_;
};

/// While it lives, products of this thread with few rows (gemm.cpp) and the transpose of one of
/// those weights read the copy. Each copy learns which one is read after it, as it will be again.
class PackedProducts {
 public:
  /// `weights` must outlive the object; nullptr: nothing changes. Throws std::logic_error inside of
  /// another such scope.
  explicit PackedProducts(PackedWeights* weights);
  ~PackedProducts();
  PackedProducts(const PackedProducts&) = delete;
  PackedProducts& operator=(const PackedProducts&) = delete;
};

/// The transpose of `weight` that this thread's products read, if it has one.
std::optional<Panels> find_packed(ConstMatrixRef weight);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
