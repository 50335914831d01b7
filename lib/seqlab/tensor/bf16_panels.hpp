#pragma once

// panel_product for matrices in bfloat16. An instruction adds two terms at once, in single
// precision, so a panel's numbers are pairs: two terms of a column in the place of one Real. All
// but in_pairs and out_of_pairs throw std::logic_error where the processor has no such products.

#include "seqlab/tensor/panel_product.hpp"
#include "seqlab/tensor/precision.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

using Bf16Matrix = BasicMatrixRef<const Bf16>;

/// Along a row the numbers lie in pairs already: a matrix with an even number of columns and an
/// even stride is one of pairs, too, whose transpose pack_transpose can lay out.
ConstMatrixRef in_pairs(Bf16Matrix m);
/// The other way round.
Bf16Matrix out_of_pairs(ConstMatrixRef pairs);

/// Lays out a weight [terms, cols], two rows in one of pairs, as panels: its columns from `first`
/// on, `count` of them; `first` must be a multiple of kPanelStep.
void pack_row_pairs(Bf16Matrix weight, Index first, Index count, Real* to);

/// op(a) x op(b)
void panel_product(Transpose transpose_a, Transpose transpose_b, Bf16Matrix a, Bf16Matrix b,
                   const ProductResult& result);

/// a x b, of which b holds pairs
void panel_product(Bf16Matrix a, const Panels& b, const ProductResult& result);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
