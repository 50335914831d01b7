#pragma once

// The number type of all computation. The library is built with float; a second build with
// double serves the gradient checks. Code that depends on it lives in an inline namespace of its
// own, so that linking the two builds together fails instead of misreading memory.

#include <cstddef>

#ifdef SEQLAB_DOUBLE
#define SEQLAB_PRECISION f64
#else
#define SEQLAB_PRECISION f32
#endif

namespace seqlab {

/// Sizes and positions. Signed, so that differences and reverse loops are safe.
using Index = std::ptrdiff_t;

inline namespace SEQLAB_PRECISION {
#ifdef SEQLAB_DOUBLE
using Real = double;
#else
using Real = float;
#endif
}  // namespace SEQLAB_PRECISION

}  // namespace seqlab
