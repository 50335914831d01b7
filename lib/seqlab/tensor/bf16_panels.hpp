#pragma once

// panel_product for matrices in bfloat16. An instruction adds two terms at once, in single
// precision, so a panel's numbers are pairs: two terms of a column in the place of one Real. Where
// the processor has a matrix unit, that multiplies the panels (bf16_tiles.hpp). All throw
// std::logic_error where it has no products in bfloat16.

#include "seqlab/tensor/bf16_pairs.hpp"
#include "seqlab/tensor/panel_product.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

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
