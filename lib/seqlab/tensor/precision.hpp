#pragma once

namespace seqlab {

/// Of the inputs of matrix products; everything else is fp32 (tensor/bf16_products.hpp).
enum class Precision { fp32, bf16 };

}  // namespace seqlab
