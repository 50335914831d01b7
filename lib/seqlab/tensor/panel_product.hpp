#pragma once

// The project's own matrix product. The second matrix is read in panels: a few columns, as many as
// fit into registers beside a few rows of the result, whose terms are added up there. It serves
// where the libraries spend more time around the arithmetic, or in waiting for a weight to come
// from memory, than in it:
//   small products: attention between the positions of one sentence, head by head;
//   those with a weight whose panels were laid out beforehand (packed_weights.hpp);
//   those of few rows: one step of a few sentences;
//   with AVX-512 a layer's output for many rows from its weight, stored as [out, in], and, but on
//   Intel's processors, the gradients of both.
// Its kernel (panel_kernel.hpp) also multiplies matrices in bfloat16 (bf16_panels.hpp).

#include <atomic>

#include "seqlab/tensor/gemm.hpp"
#include "seqlab/tensor/product_result.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// A matrix [terms, cols] laid out for panel_product in numbers that somebody else owns: panel
/// after panel, in each of them row after row. Many terms are cut into blocks, which follow each
/// other.
struct Panels {
  const Real* data = nullptr;
  Index terms = 0;
  Index cols = 0;
  /// Where it stands which panels were read after these the last time (null: not known), to be
  /// fetched beside the last of these.
  std::atomic<const Real*>* following = nullptr;
};

/// Numbers that a matrix [terms, cols] takes as panels.
Index panels_size(Index terms, Index cols);

/// Lays out the transpose of `weight` [cols, terms] as panels; of its rows only those from `first`
/// on, `count` of them: several threads can do a part each. `first` must be a multiple of
/// kPanelStep.
inline constexpr Index kPanelStep = 1024;
void pack_transpose(ConstMatrixRef weight, Index first, Index count, Real* to);

/// Whether op(a) [m, k] x op(b) [k, n] is one for panel_product. A transposed b is laid out first,
/// which few rows would not pay for.
bool suits_panel_product(Transpose transpose_a, Transpose transpose_b, Index m, Index n, Index k);

/// op(a) x op(b), for any shape.
void panel_product(Transpose transpose_a, Transpose transpose_b, ConstMatrixRef a, ConstMatrixRef b,
                   const ProductResult& result);

/// a x b
void panel_product(ConstMatrixRef a, const Panels& b, const ProductResult& result);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
