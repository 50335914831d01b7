#include "seqlab/autograd/heads.hpp"

#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

Variable join_heads(Tape& tape, Variable a, Variable b, Index heads, Index b_heads) {
  const ProfiledOperation operation("join heads");
  const ConstMatrixRef left = ref(tape.value(a)), right = ref(tape.value(b));
  check(left.rows == right.rows && left.cols % heads == 0 && right.cols % b_heads == 0 &&
            (b_heads == heads || b_heads == 1),
        "join_heads: [{}, {}] and [{}, {}], {} and {} heads", left.rows, left.cols, right.rows,
        right.cols, heads, b_heads);
  const Index a_width = left.cols / heads, b_width = right.cols / b_heads;
  const Index width = a_width + b_width;
  Matrix out = make_matrix(left.rows, heads * width);
  for (Index h = 0; h < heads; ++h) {
    copy(left.column_block(h * a_width, a_width), ref(out).column_block(h * width, a_width));
    copy(right.column_block(b_heads == 1 ? 0 : h * b_width, b_width),
         ref(out).column_block(h * width + a_width, b_width));
  }
  const Variable result = tape.variable(std::move(out));
  tape.on_backward(result, [&tape, a, b, heads, b_heads, a_width, b_width, width, result] {
    const MatrixRef gradient = tape.gradient(result);
    for (Index h = 0; h < heads; ++h) {
      add(tape.gradient(a).column_block(h * a_width, a_width),
          gradient.column_block(h * width, a_width));
      add(tape.gradient(b).column_block(b_heads == 1 ? 0 : h * b_width, b_width),
          gradient.column_block(h * width + a_width, b_width));
    }
  });
  return result;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
