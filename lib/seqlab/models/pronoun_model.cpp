#include "seqlab/models/pronoun_model.hpp"

#include "seqlab/autograd/attention.hpp"
#include "seqlab/error.hpp"

#include <numeric>

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

using Projections = PronounModelOptions::Projections;

constexpr Index kPlaces = PronounPlaces::kLength;

/// A weight that has run to zero must not make the loss infinite.
constexpr Real kSmallest = Real(1e-30);

Variable projected(Tape& tape, Variable x, Parameter weight) {
  return weight.exists() ? linear(tape, x, weight) : x;
}

/// Values that say nothing but where they stand: their mixture is the weights themselves, through
/// which, unlike through AttentionOutput::weights, gradients flow.
Variable places(Tape& tape, Index batch) {
  Matrix m = zeros(kPlaces * batch, kPlaces);
  for (Index row = 0; row < kPlaces * batch; ++row) ref(m).row(row)[row / batch] = Real(1);
  return tape.variable(std::move(m));
}

struct Cell {
  Index row, col;
};

/// The sum of -log p over the cells, [1, 1].
Variable negative_log(Tape& tape, Variable probabilities, std::vector<Cell> cells) {
  const auto at = [&tape, probabilities](Cell cell) {
    return std::max(ref(tape.value(probabilities)).row(cell.row)[cell.col], kSmallest);
  };
  Real sum = 0;
  for (const Cell cell : cells) sum -= std::log(at(cell));
  Matrix value = make_matrix(1, 1);
  value(0, 0) = sum;
  const Variable result = tape.variable(std::move(value));
  tape.on_backward(result, [&tape, probabilities, at, cells = std::move(cells), result] {
    const Real gradient = tape.gradient(result).data[0];
    const MatrixRef to = tape.gradient(probabilities);
    for (const Cell cell : cells) to.row(cell.row)[cell.col] -= gradient / at(cell);
  });
  return result;
}

}  // namespace

PronounModel::PronounModel(const PronounModelOptions& options, std::size_t vocabulary,
                           std::uint64_t seed)
    : options_(options), store_(seed) {
  check(options.layers == 1 || options.layers == 2, "{} layers", options.layers);
  const auto words = static_cast<Index>(vocabulary);
  if (options.learned_embeddings) {
    learned_embeddings_ =
        store_.add("embeddings", words, options.width, {Initializer::Kind::normal, 1.0});
  } else {
    fixed_embeddings_ = make_matrix(words, options.width);
    Random random(seed, "pronoun embeddings");
    for (Real& x : ref(fixed_embeddings_).flat()) x = static_cast<Real>(random.normal());
  }
  for (Index layer = 0; layer < options.layers; ++layer) {
    // The values of a layer whose weights are the answer are not read.
    const bool read =
        layer + 1 < options.layers || options.answer == PronounModelOptions::Answer::context;
    layers_.push_back(add_layer(fmt::format("layer{}", layer), options.values && read));
  }
}

PronounModel::Layer PronounModel::add_layer(const std::string& name, bool with_value) {
  const auto add = [&](const char* part) {
    return store_.add(name + '.' + part, options_.width, options_.width,
                      {Initializer::Kind::glorot, 0.0});
  };
  Layer layer;
  if (options_.projections == Projections::symmetric) layer.query = layer.key = add("query_key");
  if (options_.projections == Projections::separate) {
    layer.query = add("query");
    layer.key = add("key");
  }
  if (with_value) layer.value = add("value");
  return layer;
}

Real PronounModel::scale() const { return Real(1) / std::sqrt(static_cast<Real>(options_.width)); }

Index PronounModel::asked_row(Index b, Index batch) const {
  const bool pronoun = options_.asked == PronounModelOptions::Asked::pronoun;
  return (pronoun ? PronounPlaces::kPronoun : PronounPlaces::kProperty) * batch + b;
}

Variable PronounModel::embed(Tape& tape, std::span<const PronounSentence> batch) const {
  std::vector<TokenId> tokens;
  for (std::size_t place = 0; place < kPlaces; ++place) {
    for (const PronounSentence& sentence : batch) tokens.push_back(sentence.words[place]);
  }
  if (options_.learned_embeddings) {
    return embedding(tape, learned_embeddings_, tape.keep(std::move(tokens)));
  }
  Matrix rows = make_matrix(static_cast<Index>(tokens.size()), options_.width);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    std::copy_n(ref(fixed_embeddings_).row(tokens[i]), options_.width,
                ref(rows).row(static_cast<Index>(i)));
  }
  return tape.variable(std::move(rows));
}

Variable PronounModel::mix(Tape& tape, Variable queries, Variable keys, Variable values) const {
  const std::vector<Index>& lengths = tape.keep(
      std::vector<Index>(static_cast<std::size_t>(tape.rows(queries) / kPlaces), kPlaces));
  AttentionOptions options;
  options.scale = scale();
  options.lengths = lengths;
  return multi_head_attention(tape, queries, keys, values, options).contexts;
}

PronounModel::Forward PronounModel::forward(Tape& tape,
                                            std::span<const PronounSentence> batch) const {
  Forward result;
  result.embeddings = embed(tape, batch);
  Variable x = result.embeddings;
  for (std::size_t layer = 0; layer + 1 < layers_.size(); ++layer) {
    const Layer& l = layers_[layer];
    x = add(tape, x,
            mix(tape, projected(tape, x, l.query), projected(tape, x, l.key),
                projected(tape, x, l.value)));
  }
  const Layer& last = layers_.back();
  result.queries = projected(tape, x, last.query);
  result.keys = projected(tape, x, last.key);
  const Variable where = places(tape, static_cast<Index>(batch.size()));
  result.weights = mix(tape, result.queries, result.keys, where);
  result.answers = result.weights;
  if (options_.answer == PronounModelOptions::Answer::context) {
    const Variable context = mix(tape, result.queries, result.keys, projected(tape, x, last.value));
    result.answers = mix(tape, context, result.embeddings, where);
  }
  return result;
}

Variable PronounModel::loss(Tape& tape, std::span<const PronounSentence> batch) const {
  const Forward computed = forward(tape, batch);
  std::vector<Cell> cells;
  for (std::size_t b = 0; b < batch.size(); ++b) {
    cells.push_back({asked_row(static_cast<Index>(b), static_cast<Index>(batch.size())),
                     PronounPlaces::kNouns[batch[b].referent]});
  }
  return negative_log(tape, computed.answers, std::move(cells));
}

PronounAttention PronounModel::attend(std::span<const PronounSentence> sentences) const {
  Tape tape(store_.values());
  const Forward computed = forward(tape, sentences);
  const auto count = static_cast<Index>(sentences.size());
  const auto asked_rows = [&](Variable of) {
    Matrix m = make_matrix(count, kPlaces);
    for (Index b = 0; b < count; ++b) {
      std::copy_n(ref(tape.value(of)).row(asked_row(b, count)), kPlaces, ref(m).row(b));
    }
    return m;
  };
  const auto products = [&](Variable queries, Variable keys) {
    Matrix m = make_matrix(count, kPlaces);
    for (Index b = 0; b < count; ++b) {
      const Real* query = ref(tape.value(queries)).row(asked_row(b, count));
      for (Index place = 0; place < kPlaces; ++place) {
        const Real* key = ref(tape.value(keys)).row(place * count + b);
        ref(m).row(b)[place] =
            scale() * std::inner_product(query, query + options_.width, key, Real(0));
      }
    }
    return m;
  };
  return {products(computed.embeddings, computed.embeddings),
          products(computed.queries, computed.keys), asked_rows(computed.weights),
          asked_rows(computed.answers)};
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
