#pragma once

#include <cstdint>

namespace seqlab {

/// Of the inputs of matrix products; everything else is fp32 (tensor/bf16_products.hpp).
enum class Precision { fp32, bf16 };

/// A number in bfloat16: the upper half of a float's bits.
using Bf16 = std::uint16_t;

}  // namespace seqlab
