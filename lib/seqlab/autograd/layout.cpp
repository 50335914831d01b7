#include "seqlab/autograd/layout.hpp"

#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
Variable rows(Tape& tape, Variable x, Index first, Index count) {
  const ProfiledOperation operation("rows");
  Matrix out = make_matrix(count, tape.cols(x));
  copy(ref(tape.value(x)).row_block(first, count), ref(out));
  const Variable result = tape.variable(std::move(out));
  tape.on_backward(result, [&tape, x, first, count, result] {
    add(tape.gradient(x).row_block(first, count), tape.gradient(result));
  });
  return result;
}

Variable rows_at(Tape& tape, Variable x, std::span<const Index> places) {
  const ProfiledOperation operation("rows");
  const ConstMatrixRef in = ref(tape.value(x));
  Matrix out = make_matrix(static_cast<Index>(places.size()), in.cols);
  for (Index r = 0; r < rows(out); ++r) {
    const Index place = places[static_cast<std::size_t>(r)];
    if (place < 0) {
      std::fill_n(ref(out).row(r), in.cols, Real(0));
    } else {
      std::copy_n(in.row(place), in.cols, ref(out).row(r));
    }
  }
  const Variable result = tape.variable(std::move(out));
  tape.on_backward(result, [&tape, x, places, result] {
    const MatrixRef from = tape.gradient(result);
    const MatrixRef to = tape.gradient(x);
    for (Index r = 0; r < from.rows; ++r) {
      const Index place = places[static_cast<std::size_t>(r)];
      if (place >= 0) add_scaled(to.row(place), Real(1), from.row(r), from.cols);
    }
  });
  return result;
}

Variable columns(Tape& tape, Variable x, Index first, Index count) {
  const ProfiledOperation operation("columns");
  Matrix out = make_matrix(tape.rows(x), count);
  copy(ref(tape.value(x)).column_block(first, count), ref(out));
  const Variable result = tape.variable(std::move(out));
  tape.on_backward(result, [&tape, x, first, count, result] {
    add(tape.gradient(x).column_block(first, count), tape.gradient(result));
  });
  return result;
}

Variable concatenate_columns(Tape& tape, std::span<const Variable> parts) {
  const ProfiledOperation operation("concatenate");
  Index width = 0;
  for (const Variable part : parts) width += tape.cols(part);
  Matrix out = make_matrix(tape.rows(parts[0]), width);
  Index at = 0;
  for (const Variable part : parts) {
    copy(ref(tape.value(part)), ref(out).column_block(at, tape.cols(part)));
    at += tape.cols(part);
  }
  const Variable result = tape.variable(std::move(out));
  tape.on_backward(result, [&tape, inputs = Variables(parts.begin(), parts.end()), result] {
    const MatrixRef gradient = tape.gradient(result);
    Index from = 0;
    for (const Variable part : inputs) {
      add(tape.gradient(part), gradient.column_block(from, tape.cols(part)));
      from += tape.cols(part);
    }
  });
  return result;
}

Variable concatenate_rows(Tape& tape, std::span<const Variable> parts) {
  const ProfiledOperation operation("concatenate");
  Index height = 0;
  for (const Variable part : parts) height += tape.rows(part);
  Matrix out = make_matrix(height, tape.cols(parts[0]));
  Index at = 0;
  for (const Variable part : parts) {
    copy(ref(tape.value(part)), ref(out).row_block(at, tape.rows(part)));
    at += tape.rows(part);
  }
  const Variable result = tape.variable(std::move(out));
  tape.on_backward(result, [&tape, inputs = Variables(parts.begin(), parts.end()), result] {
    const MatrixRef gradient = tape.gradient(result);
    Index from = 0;
    for (const Variable part : inputs) {
      add(tape.gradient(part), gradient.row_block(from, tape.rows(part)));
      from += tape.rows(part);
    }
  });
  return result;
}

Variable repeat_steps(Tape& tape, Variable x, Index steps) {
  const ProfiledOperation operation("repeat steps");
  const Index batch = tape.rows(x);
  Matrix out = make_matrix(steps * batch, tape.cols(x));
  for (Index t = 0; t < steps; ++t) {
    copy(ref(tape.value(x)), ref(out).row_block(t * batch, batch));
  }
  const Variable result = tape.variable(std::move(out));
  tape.on_backward(result, [&tape, x, steps, batch, result] {
    for (Index t = 0; t < steps; ++t) {
      add(tape.gradient(x), tape.gradient(result).row_block(t * batch, batch));
    }
  });
  return result;
}

Variable by_sentence(Tape& tape, Variable x, Index batch) {
  const ProfiledOperation operation("by sentence");
  const Index steps = tape.rows(x) / batch;
  Matrix out = make_matrix(steps * batch, tape.cols(x));
  for (Index b = 0; b < batch; ++b) {
    copy(ref(tape.value(x)).sentence(b, batch), ref(out).row_block(b * steps, steps));
  }
  const Variable result = tape.variable(std::move(out));
  tape.on_backward(result, [&tape, x, batch, steps, result] {
    for (Index b = 0; b < batch; ++b) {
      add(tape.gradient(x).sentence(b, batch), tape.gradient(result).row_block(b * steps, steps));
    }
  });
  return result;
}

Variable mean_over_steps(Tape& tape, Variable x, std::span<const Index> lengths) {
  const ProfiledOperation operation("mean over steps");
  const auto batch = static_cast<Index>(lengths.size());
  const ConstMatrixRef in = ref(tape.value(x));
  Matrix out = zeros(batch, in.cols);
  for (Index b = 0; b < batch; ++b) {
    const Index length = lengths[static_cast<std::size_t>(b)];
    for (Index t = 0; t < length; ++t) {
      add_scaled(ref(out).row(b), Real(1) / static_cast<Real>(length), in.row(t * batch + b),
                 in.cols);
    }
  }
  const Variable result = tape.variable(std::move(out));
  tape.on_backward(result, [&tape, x, lengths, batch, result] {
    const MatrixRef from = tape.gradient(result);
    const MatrixRef to = tape.gradient(x);
    for (Index b = 0; b < batch; ++b) {
      const Index length = lengths[static_cast<std::size_t>(b)];
      for (Index t = 0; t < length; ++t) {
        add_scaled(to.row(t * batch + b), Real(1) / static_cast<Real>(length), from.row(b),
                   from.cols);
      }
    }
  });
  return result;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
