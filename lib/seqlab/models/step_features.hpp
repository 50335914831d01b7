#pragma once

#include "seqlab/autograd/tape.hpp"
#include "seqlab/tensor/matrix.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// What the layers of a model make of one step of search, before the output layer.
struct StepFeatures {
  Variable features;  ///< [rows, width]
  Matrix attention;   ///< [rows, S] weights over source positions, or [0, 0]
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
