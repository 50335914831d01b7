#pragma once

// Position-wise operations: each row of a [T*B, .] matrix on its own.

#include <span>

#include "seqlab/autograd/tape.hpp"
#include "seqlab/data/batch.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Row i is `factor` times row tokens[i] of the table [V, D]. Result [tokens, D].
Variable embedding(Tape& tape, Parameter table, std::span<const TokenId> tokens,
                   Real factor = Real(1));

/// x W^T + b: x [N, in], weight [out, in], bias [1, out] or none. Result [N, out].
Variable linear(Tape& tape, Variable x, Parameter weight, Parameter bias = {});

enum class Activation { tanh, relu, gelu };
/// gelu is the exact x Phi(x) (Hendrycks and Gimpel 2016).
Variable activate(Tape& tape, Activation activation, Variable x);

Variable add(Tape& tape, Variable a, Variable b);

// In place: these overwrite the first variable, return it and save the memory of a result. Its old
// value must not be used again, by its own operation's backward pass either; results of linear,
// embedding, dropout and repeat_steps may be overwritten.

/// x = max(x, 0)
Variable relu_in_place(Tape& tape, Variable x);
/// y = y + x
Variable add_in_place(Tape& tape, Variable y, Variable x);
/// x = dropout(x)
Variable dropout_in_place(Tape& tape, Variable x, double rate);

/// Each element is kept with probability 1 - rate and divided by it, else 0 (Srivastava 2014).
/// Returns x itself on an evaluation tape or when rate is 0.
Variable dropout(Tape& tape, Variable x, double rate);

/// gain * (x - mean) / sqrt(variance + 1e-5) + bias over each row (Ba 2016); gain, bias [1, D].
Variable layer_norm(Tape& tape, Variable x, Parameter gain, Parameter bias);
/// Its value alone; statistics [N, 2]: mean and 1 / standard deviation of each row.
Matrix layer_norm_value(const Tape& tape, Variable x, Parameter gain, Parameter bias,
                        Matrix& statistics);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
