#include "seqlab/models/language_model.hpp"

#include "seqlab/autograd/layers.hpp"
#include "seqlab/autograd/layout.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// Sources and targets as one sequence each, without padding between them.
struct Joined {
  /// [L*B] the row of each position below each other of source and target; -1: padding.
  PooledVector<Index> from;
  PooledVector<Index> target;   ///< [T*B] the inverse, for target positions; -1: padding
  PooledVector<Index> lengths;  ///< [B]
};

Joined join(const TokenBatch& source, const TokenBatch& target) {
  const Index batch = source.batch;
  Joined joined;
  joined.lengths.reserve(source.lengths.size());
  for (std::size_t b = 0; b < source.lengths.size(); ++b) {
    joined.lengths.push_back(source.lengths[b] + target.lengths[b]);
  }
  const Index steps = *std::max_element(joined.lengths.begin(), joined.lengths.end());
  joined.from.assign(static_cast<std::size_t>(steps * batch), -1);
  joined.target.assign(static_cast<std::size_t>(target.steps * batch), -1);
  for (Index b = 0; b < batch; ++b) {
    const Index read = source.lengths[static_cast<std::size_t>(b)];
    for (Index t = 0; t < read; ++t) {
      joined.from[static_cast<std::size_t>(t * batch + b)] = t * batch + b;
    }
    for (Index t = 0; t < target.lengths[static_cast<std::size_t>(b)]; ++t) {
      const Index place = (read + t) * batch + b, row = t * batch + b;
      joined.from[static_cast<std::size_t>(place)] = source.steps * batch + row;
      joined.target[static_cast<std::size_t>(row)] = place;
    }
  }
  return joined;
}

}  // namespace

LanguageModel::LanguageModel(const ModelOptions& options, VocabularySizes sizes, std::uint64_t seed)
    : SequenceModel(seed),
      embedding_factor_(options.decoder == DecoderKind::transformer
                            ? std::sqrt(static_cast<Real>(options.embedding_width()))
                            : Real(1)) {
  const Index width = options.embedding_width();
  target_ = add_embedding(parameters_, "decoder.embedding", sizes.target, width);
  if (sizes.source > 0) {
    source_ = options.tie == ModelOptions::Tie::all
                  ? target_
                  : add_embedding(parameters_, "decoder.source_embedding", sizes.source, width);
  }
  layers_ = make_causal_layers(options, parameters_);
  output_ = OutputLayer(options, layers_->width(), target_, parameters_);
}

Variable LanguageModel::embed(Tape& tape, Parameter table, std::span<const TokenId> tokens) const {
  return embedding(tape, table, tokens, embedding_factor_);
}

Variable LanguageModel::features(Tape& tape, const Batch& batch) const {
  const Variable target = embed(tape, target_, batch.target_input.tokens);
  if (!reads_source()) return layers_->forward(tape, target, batch.target_input.lengths);
  const Joined& joined = tape.keep(join(batch.source, batch.target_input));
  const Variable source = embed(tape, source_, batch.source.tokens);
  const Variable x = rows_at(tape, concatenate_rows(tape, std::array{source, target}), joined.from);
  return rows_at(tape, layers_->forward(tape, x, joined.lengths), joined.target);
}

LossSum LanguageModel::loss(Tape& tape, const Batch& batch, const LossOptions& options) const {
  return output_.loss(tape, features(tape, batch), batch.target_output, options);
}

Matrix LanguageModel::next_logits(const Sentence& text) const {
  const Sentence nothing;
  Tape tape(parameters_.values());
  const Batch batch = make_batch({&nothing}, {&text}, {0});
  const Variable all = features(tape, batch);
  return output_.logits(tape, rows(tape, all, tape.rows(all) - 1, 1));
}

DecoderState LanguageModel::start(const TokenBatch& source) const {
  Tape tape(parameters_.values());
  DecoderState state =
      reads_source() ? layers_->read(tape, embed(tape, source_, source.tokens), source.lengths)
                     : layers_->begin(tape, source.batch);
  for (Index b = 0; b < source.batch; ++b) state.source_rows.push_back(b);
  return state;
}

StepOutput LanguageModel::step(std::span<const TokenId> tokens, DecoderState& state) const {
  Tape tape(parameters_.values());
  StepFeatures step = layers_->step(tape, embed(tape, target_, tokens), state);
  ++state.position;
  return {output_.logits(tape, step.features), std::move(step.attention)};
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
