#pragma once

// Root mean square norm (Zhang and Sennrich 2019): layer norm without the mean and the bias.

#include "seqlab/autograd/tape.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// gain * x / sqrt(mean of x^2 + 1e-5) over each row of x [N, D]; gain [1, D].
Variable rms_norm(Tape& tape, Variable x, Parameter gain);
/// Its value alone; inverses [N, 1]: the factor of each row.
Matrix rms_norm_value(const Tape& tape, Variable x, Parameter gain, Matrix& inverses);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
