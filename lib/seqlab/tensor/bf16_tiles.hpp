#pragma once

// Products of bfloat16 matrices on the matrix unit of newer Intel processors (AMX). Its eight
// registers are tiles: up to 16 rows of 64 bytes. One instruction multiplies 16 rows of 16 pairs
// of terms with 16 pairs of 16 columns and adds the sums, in single precision, to a third tile, in
// 16 cycles: 16 times the arithmetic of single precision.

#include "seqlab/tensor/bf16_pairs.hpp"
#include "seqlab/tensor/panel_product.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Whether seqlab was built for a processor with tiles and the system lets this process use them.
bool tiles_available();

/// op(a) x b, of which b holds pairs (bf16_panels.hpp); alpha must be 1, beta 0 or 1. Throws
/// std::logic_error where there are no tiles.
void tile_product(Transpose transpose_a, Bf16Matrix a, const Panels& b,
                  const ProductResult& result);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
