#pragma once

// Operations that move rows and columns about.

#include <span>

#include "seqlab/autograd/tape.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// `count` rows from row `first` on: in a time-major matrix, whole time steps.
Variable rows(Tape& tape, Variable x, Index first, Index count);

/// Row r is row places[r] of x, or zero where that is -1. `places` must outlive the backward pass.
Variable rows_at(Tape& tape, Variable x, std::span<const Index> places);

/// `count` columns from column `first` on.
Variable columns(Tape& tape, Variable x, Index first, Index count);

/// [a | b | ...]: the same number of rows.
Variable concatenate_columns(Tape& tape, std::span<const Variable> parts);

/// The parts below each other: the same number of columns.
Variable concatenate_rows(Tape& tape, std::span<const Variable> parts);

/// Each of B rows repeated for `steps` steps: [B, D] -> [steps*B, D].
Variable repeat_steps(Tape& tape, Variable x, Index steps);

/// A time-major matrix sentence by sentence: row (t, b) of [T*B, D] becomes row b * T + t.
Variable by_sentence(Tape& tape, Variable x, Index batch);

/// Mean over the steps of each sentence that are before its end: [T*B, D], lengths [B] -> [B, D].
Variable mean_over_steps(Tape& tape, Variable x, std::span<const Index> lengths);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
