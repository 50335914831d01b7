#include "seqlab/autograd/attention.hpp"

#include <algorithm>
#include <utility>

#include "seqlab/tensor/flops.hpp"
#include "seqlab/tensor/gemm.hpp"
#include "seqlab/tensor/rows.hpp"
#include "seqlab/tensor/simd.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// A batch's sentences, and the heads in a row.
struct Heads {
  Index batch;
  Index heads;
  Index kv_heads;

  explicit Heads(const AttentionOptions& options)
      : batch(static_cast<Index>(options.lengths.size())),
        heads(options.heads),
        kv_heads(options.kv_heads > 0 ? options.kv_heads : heads) {}

  template <typename Ref>
  Ref head(Ref m, Index h) const {
    return columns(m, h, heads);
  }
  /// The keys or values that query head h sees.
  template <typename Ref>
  Ref kv_head(Ref m, Index h) const {
    return columns(m, h / sharing(), kv_heads);
  }
  /// For the gradient of a kv_head: 0 for the first query head that sees it, 1 for the others.
  Real kv_beta(Index h) const { return h % sharing() == 0 ? Real(0) : Real(1); }
  template <typename Ref>
  Ref weights(Ref m, Index b, Index h) const {
    const Index steps = m.rows / (batch * heads);
    return m.row_block((b * heads + h) * steps, steps);
  }

 private:
  /// So many query heads see the same keys and values.
  Index sharing() const { return heads / kv_heads; }
  template <typename Ref>
  static Ref columns(Ref m, Index h, Index count) {
    const Index width = m.cols / count;
    return m.column_block(h * width, width);
  }
};

// In a time-major matrix a sentence's rows lie far apart, at a distance that makes them shed each
// other from the near caches. A product reads and writes its rows several times, so each sentence's
// are copied, once for all heads.

Matrix copy_of_sentence(ConstMatrixRef m, Index b, Index batch) {
  Matrix sentence = make_matrix(m.rows / batch, m.cols);
  copy(m.sentence(b, batch), ref(sentence));
  return sentence;
}

/// Scores of one head. A row starts with a register of its own: a load waits for the store of a part
/// of a register that reaches into its place.
class Scores {
 public:
  Scores(Index steps, Index key_steps)
      : rows_(make_matrix(steps, whole_registers(key_steps))),
        scores_(ref(rows_).column_block(0, key_steps)) {}
  MatrixRef get() const { return scores_; }

 private:
  Matrix rows_;
  MatrixRef scores_;
};

/// Where the gradient's sentences go, one after the other.
void put_sentence(const Matrix& sentence, const GradientSink& sink, Index b, Index batch) {
  const MatrixRef to = sink.target.sentence(b, batch);
  if (sink.beta == Real(0)) {
    copy(ref(sentence), to);
  } else {
    add(to, ref(sentence));
  }
}

/// The number of keys that query t sees.
Index visible(const AttentionOptions& options, Index t, Index b) {
  const Index length = options.lengths[static_cast<std::size_t>(b)];
  return options.causal ? std::min(t + 1, length) : length;
}

}  // namespace

AttentionOutput multi_head_attention(Tape& tape, Variable query, Variable keys, Variable values,
                                     const AttentionOptions& options) {
  const ProfiledOperation operation("multi-head attention");
  const Heads heads(options);
  const Index batch = heads.batch;
  const ConstMatrixRef all_q = ref(tape.value(query));
  const ConstMatrixRef all_k = ref(tape.value(keys));
  const ConstMatrixRef all_v = ref(tape.value(values));
  check(options.heads % heads.kv_heads == 0 && all_q.cols % options.heads == 0 &&
            all_k.cols == all_q.cols / options.heads * heads.kv_heads &&
            all_v.cols % heads.kv_heads == 0,
        "attention: query width {}, key width {}, value width {}, {} heads of {}", all_q.cols,
        all_k.cols, all_v.cols, options.heads, heads.kv_heads);
  const Index steps = all_q.rows / batch;
  Matrix weights = make_matrix(batch * options.heads * steps, all_k.rows / batch);
  Matrix contexts = make_matrix(all_q.rows, all_v.cols / heads.kv_heads * options.heads);
  Matrix context = make_matrix(steps, cols(contexts));
  const Scores scratch(steps, cols(weights));
  const MatrixRef scores = scratch.get();
  for (Index b = 0; b < batch; ++b) {
    const Matrix q = copy_of_sentence(all_q, b, batch), k = copy_of_sentence(all_k, b, batch),
                 v = copy_of_sentence(all_v, b, batch);
    for (Index h = 0; h < options.heads; ++h) {
      gemm(Transpose::no, Transpose::yes, options.scale, heads.head(ref(q), h),
           heads.kv_head(ref(k), h), Real(0), scores);
      for (Index t = 0; t < steps; ++t) {
        const Index seen = visible(options, t, b);
        if (!options.slopes.empty()) {
          subtract_distances(scores.row(t), seen, t, options.slopes[static_cast<std::size_t>(h)]);
        }
        softmax(scores.row(t), seen);
        std::fill(scores.row(t) + seen, scores.row(t) + scores.cols, Real(0));
      }
      copy(scores, heads.weights(ref(weights), b, h));
      multiply_nn(scores, heads.kv_head(ref(v), h), Real(0), heads.head(ref(context), h));
    }
    copy(ref(std::as_const(context)), ref(contexts).sentence(b, batch));
  }
  const AttentionOutput output{tape.variable(std::move(contexts)),
                               tape.variable(std::move(weights))};
  tape.on_backward(output.contexts, [&tape, query, keys, values, options, heads, output] {
    const ConstMatrixRef q_all = ref(tape.value(query)), k_all = ref(tape.value(keys)),
                         v_all = ref(tape.value(values)), w_all = ref(tape.value(output.weights));
    const ConstMatrixRef d_out = tape.gradient(output.contexts);
    const GradientSink dq_sink = tape.gradient_sink(query), dk_sink = tape.gradient_sink(keys),
                       dv_sink = tape.gradient_sink(values);
    const Index sentences = heads.batch;
    const Scores score_gradients(q_all.rows / sentences, w_all.cols);
    const MatrixRef ds = score_gradients.get();
    Matrix dq = make_matrix(q_all.rows / sentences, q_all.cols),
           dk = make_matrix(k_all.rows / sentences, k_all.cols),
           dv = make_matrix(v_all.rows / sentences, v_all.cols);
    for (Index b = 0; b < sentences; ++b) {
      const Matrix q = copy_of_sentence(q_all, b, sentences),
                   k = copy_of_sentence(k_all, b, sentences),
                   v = copy_of_sentence(v_all, b, sentences),
                   d_contexts = copy_of_sentence(d_out, b, sentences);
      for (Index h = 0; h < heads.heads; ++h) {
        const ConstMatrixRef w = heads.weights(w_all, b, h);
        const ConstMatrixRef d_context = heads.head(ref(d_contexts), h);
        multiply_tn(w, d_context, heads.kv_beta(h), heads.kv_head(ref(dv), h));
        multiply_nt(d_context, heads.kv_head(ref(v), h), Real(0), ds);
        for (Index t = 0; t < ds.rows; ++t) softmax_backward(w.row(t), ds.row(t), w.cols);
        gemm(Transpose::no, Transpose::no, options.scale, ds, heads.kv_head(ref(k), h), Real(0),
             heads.head(ref(dq), h));
        gemm(Transpose::yes, Transpose::no, options.scale, ds, heads.head(ref(q), h),
             heads.kv_beta(h), heads.kv_head(ref(dk), h));
      }
      put_sentence(dq, dq_sink, b, sentences);
      put_sentence(dk, dk_sink, b, sentences);
      put_sentence(dv, dv_sink, b, sentences);
    }
  });
  return output;
}

void make_contexts_again(Tape& tape, const AttentionOutput& attended, Variable values,
                         const AttentionOptions& options, Variable last) {
  const Index rows = tape.rows(attended.contexts), width = tape.cols(attended.contexts);
  tape.make_again_for_backward(
      attended.contexts, last,
      [&tape, heads = Heads(options), all_weights = attended.weights, values, rows, width] {
        const double counted = counted_flops;
        const ConstMatrixRef weights = ref(tape.value(all_weights)), all_v = ref(tape.value(values));
        Matrix contexts = make_matrix(rows, width), context = make_matrix(rows / heads.batch, width);
        for (Index b = 0; b < heads.batch; ++b) {
          const Matrix v = copy_of_sentence(all_v, b, heads.batch);
          for (Index h = 0; h < heads.heads; ++h) {
            multiply_nn(heads.weights(weights, b, h), heads.kv_head(ref(v), h), Real(0),
                        heads.head(ref(context), h));
          }
          copy(ref(std::as_const(context)), ref(contexts).sentence(b, heads.batch));
        }
        counted_flops = counted;  // counted already: operations are those of the model
        return contexts;
      });
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
