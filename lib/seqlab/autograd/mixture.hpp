#pragma once

// Routing of a mixture of experts (Shazeer 2017, arXiv 1701.06538; Fedus 2021): each row of a batch
// goes to the k experts that its router finds most probable.

#include <span>
#include <vector>

#include "seqlab/autograd/tape.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

struct Routing {
  Variable gates;  ///< [N, E] the probabilities of the chosen experts, 0 for the others
  std::vector<std::vector<Index>> rows;  ///< [E] the rows that chose each expert
};

/// Chooses by softmax(logits), logits [T*B, E]; the smaller index of equals. Rows past the end of
/// their sentence (`lengths` [B]; none: all rows count) choose nobody and count nowhere. `balance`
/// weighs a loss that keeps experts from being forgotten, N * balance * sum_i f_i P_i for N rows
/// that choose, where f_i is the share of choices that expert i got times E, and P_i its mean
/// probability; it is N * balance where all are used alike. Only its gradient is added, at the
/// tape's loss scale. `lengths` must outlive the backward pass.
Routing route(Tape& tape, Variable logits, std::span<const Index> lengths, Index k, double balance);

/// sum_i gates_i * y_i: row r of `outputs[i]` belongs to row rows[i][r]. Result [N, D].
/// `routing.rows` must outlive the backward pass. Experts that nobody chose have no output.
Variable mix(Tape& tape, const Routing& routing, std::span<const Variable> outputs, Index width);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
