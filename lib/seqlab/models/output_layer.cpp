#include "seqlab/models/output_layer.hpp"

#include "seqlab/autograd/cross_entropy.hpp"
#include "seqlab/tensor/gemm.hpp"
#include "seqlab/tensor/profile.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

OutputLayer::OutputLayer(const ModelOptions& options, Index feature_width, Parameter embedding,
                         ParameterStore& store) {
  const Index width = embedding.cols, words = embedding.rows;
  if (feature_width != width) {
    projection_ = Linear(store, "output.projection", feature_width, width);
  }
  weight_ = options.tie == ModelOptions::Tie::none
                ? add_embedding(store, "output.weight", words, width)
                : embedding;
  bias_ = store.add("output.bias", 1, words, {Initializer::Kind::constant, 0.0});
}

Variable OutputLayer::project(Tape& tape, Variable features) const {
  return projection_.weight.exists() ? projection_(tape, features) : features;
}

LossSum OutputLayer::loss(Tape& tape, Variable features, const TokenBatch& target,
                          const LossOptions& options) const {
  tape.set_loss_scale(options.gradient_scale);
  const CrossEntropyOutput out =
      linear_softmax_cross_entropy(tape, project(tape, features), weight_, bias_, target.tokens,
                                   {options.label_smoothing, options.gradient_scale});
  LossSum sum;
  const auto sentences = static_cast<std::size_t>(target.batch);
  sum.smoothed = out.smoothed;
  const bool by_sentence = !tape.training();
  if (by_sentence) {
    sum.sentence_nll.assign(sentences, 0.0);
    sum.sentence_correct.assign(sentences, 1);
  }
  for (std::size_t i = 0; i < out.row_nll.size(); ++i) {
    if (target.tokens[i] == kPad) continue;
    sum.negative_log_likelihood += out.row_nll[i];
    sum.correct += out.row_correct[i];
    ++sum.tokens;
    if (!by_sentence) continue;
    sum.sentence_nll[i % sentences] += out.row_nll[i];
    if (out.row_correct[i] == 0) sum.sentence_correct[i % sentences] = 0;
  }
  return sum;
}

Matrix OutputLayer::logits(Tape& tape, Variable features) const {
  const ProfiledOperation operation("output layer");
  const Variable projected = project(tape, features);
  Matrix out = make_matrix(tape.rows(projected), weight_.rows);
  affine(ref(tape.value(projected)), tape.value(weight_), tape.value(bias_).data, ref(out));
  return out;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
