#include "seqlab/autograd/attention.hpp"

#include "seqlab/tensor/flops.hpp"
#include "seqlab/tensor/gemm.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// Where sentence b and head h lie in the time-major matrices: strided blocks, no copies.
struct HeadLayout {
  Index batch;
  Index heads;
  Index kv_heads;

  explicit HeadLayout(const AttentionOptions& options)
      : batch(static_cast<Index>(options.lengths.size())),
        heads(options.heads),
        kv_heads(options.kv_heads > 0 ? options.kv_heads : options.heads) {}

  template <typename Ref>
  Ref head(Ref m, Index b, Index h) const {
    return head_of(m, b, h, heads);
  }
  /// The keys or values that query head h sees.
  template <typename Ref>
  Ref kv_head(Ref m, Index b, Index h) const {
    return head_of(m, b, h / (heads / kv_heads), kv_heads);
  }
  template <typename Ref>
  Ref weights(Ref m, Index b, Index h) const {
    const Index steps = m.rows / (batch * heads);
    return m.row_block((b * heads + h) * steps, steps);
  }

 private:
  template <typename Ref>
  Ref head_of(Ref m, Index b, Index h, Index count) const {
    const Index width = m.cols / count;
    return m.sentence(b, batch).column_block(h * width, width);
  }
};

/// The number of keys that query t sees.
Index visible(const AttentionOptions& options, Index t, Index b) {
  const Index length = options.lengths[static_cast<std::size_t>(b)];
  return options.causal ? std::min(t + 1, length) : length;
}

}  // namespace

AttentionOutput multi_head_attention(Tape& tape, Variable query, Variable keys, Variable values,
                                     const AttentionOptions& options) {
  const ProfiledOperation operation("multi-head attention");
  const HeadLayout layout(options);
  const ConstMatrixRef q = ref(tape.value(query));
  const ConstMatrixRef k = ref(tape.value(keys));
  const ConstMatrixRef v = ref(tape.value(values));
  check(options.heads % layout.kv_heads == 0 && q.cols % options.heads == 0 &&
            k.cols == q.cols / options.heads * layout.kv_heads && v.cols % layout.kv_heads == 0,
        "attention: query width {}, key width {}, value width {}, {} heads of {}", q.cols, k.cols,
        v.cols, options.heads, layout.kv_heads);
  const Index steps = q.rows / layout.batch;
  Matrix weights = make_matrix(layout.batch * options.heads * steps, k.rows / layout.batch);
  Matrix contexts = make_matrix(q.rows, v.cols / layout.kv_heads * options.heads);
  for (Index b = 0; b < layout.batch; ++b) {
    for (Index h = 0; h < options.heads; ++h) {
      const MatrixRef w = layout.weights(ref(weights), b, h);
      gemm(Transpose::no, Transpose::yes, options.scale, layout.head(q, b, h),
           layout.kv_head(k, b, h), Real(0), w);
      for (Index t = 0; t < steps; ++t) {
        const Index seen = visible(options, t, b);
        if (!options.slopes.empty()) {
          subtract_distances(w.row(t), seen, t, options.slopes[static_cast<std::size_t>(h)]);
        }
        softmax(w.row(t), seen);
        std::fill(w.row(t) + seen, w.row(t) + w.cols, Real(0));
      }
      multiply_nn(w, layout.kv_head(v, b, h), Real(0), layout.head(ref(contexts), b, h));
    }
  }
  const AttentionOutput output{tape.variable(std::move(contexts)),
                               tape.variable(std::move(weights))};
  tape.on_backward(output.contexts, [&tape, query, keys, values, options, layout, output] {
    const ConstMatrixRef q_in = ref(tape.value(query)), k_in = ref(tape.value(keys)),
                         v_in = ref(tape.value(values)), w_all = ref(tape.value(output.weights));
    const MatrixRef d_out = tape.gradient(output.contexts);
    const MatrixRef dq = tape.gradient(query), dk = tape.gradient(keys), dv = tape.gradient(values);
    const Index query_steps = q_in.rows / layout.batch;
    Matrix scores = make_matrix(query_steps, w_all.cols);
    const MatrixRef ds = ref(scores);
    for (Index b = 0; b < layout.batch; ++b) {
      for (Index h = 0; h < options.heads; ++h) {
        const ConstMatrixRef w = layout.weights(w_all, b, h);
        const MatrixRef d_context = layout.head(d_out, b, h);
        multiply_tn(w, d_context, Real(1), layout.kv_head(dv, b, h));
        multiply_nt(d_context, layout.kv_head(v_in, b, h), Real(0), ds);
        for (Index t = 0; t < query_steps; ++t) softmax_backward(w.row(t), ds.row(t), w.cols);
        gemm(Transpose::no, Transpose::no, options.scale, ds, layout.kv_head(k_in, b, h), Real(1),
             layout.head(dq, b, h));
        gemm(Transpose::yes, Transpose::no, options.scale, ds, layout.head(q_in, b, h), Real(1),
             layout.kv_head(dk, b, h));
      }
    }
  });
  return output;
}

void make_contexts_again(Tape& tape, const AttentionOutput& attended, Variable values,
                         const AttentionOptions& options, Variable last) {
  const Index rows = tape.rows(attended.contexts), width = tape.cols(attended.contexts);
  tape.make_again_for_backward(
      attended.contexts, last,
      [&tape, layout = HeadLayout(options), all_weights = attended.weights, values, rows, width] {
        const double counted = counted_flops;
        const ConstMatrixRef weights = ref(tape.value(all_weights)), v = ref(tape.value(values));
        Matrix contexts = make_matrix(rows, width);
        for (Index b = 0; b < layout.batch; ++b) {
          for (Index h = 0; h < layout.heads; ++h) {
            multiply_nn(layout.weights(weights, b, h), layout.kv_head(v, b, h), Real(0),
                        layout.head(ref(contexts), b, h));
          }
        }
        counted_flops = counted;  // counted already: operations are those of the model
        return contexts;
      });
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
