#pragma once

// The smallest attention models, for one question: what must a query know to find the right key?
// They read a sentence of data/pronouns.hpp and answer with a place in it: what the pronoun means.
// There are no positions, no heads, no feed-forward parts and no norms. With x the embeddings of
// the words, one row each,
//
//   query  q = x W_Q^T,  key  k = x W_K^T,  score  s = q k^T / sqrt(D),  weights  softmax(s)
//
// and of two layers the first puts x + softmax(s) x W_V^T in the place of x. Without W_V the
// values are the words' vectors as they are; without projections q = k = x, which makes the score
// the plain dot product. The answer is the place that the last layer's weights of the pronoun point
// to (a pointer network, Vinyals 2015): to answer is to resolve the pronoun by attention.
//
// Embeddings are drawn from N(0, 1) and stay as they are unless the options say otherwise, so that
// what a model learns sits in its projections.

#include <span>

#include "seqlab/data/pronouns.hpp"
#include "seqlab/nn/layers.hpp"

namespace seqlab {

struct PronounModelOptions {
  Index width = 32;
  Index layers = 1;  ///< 1 or 2
  enum class Projections {
    none,       ///< q = k = x
    symmetric,  ///< W_Q = W_K
    separate,
  } projections = Projections::separate;
  bool values = false;              ///< with W_V
  bool learned_embeddings = false;  ///< embeddings are parameters too
  /// The word whose query is asked for the answer.
  enum class Asked { pronoun, property } asked = Asked::pronoun;
  enum class Answer {
    weights,  ///< where the last layer's weights point
    context,  ///< the word that the last layer's context softmax(s) x W_V^T is most like
  } answer = Answer::weights;
};

inline namespace SEQLAB_PRECISION {

/// What a model computes of the asked word in each sentence: [sentences, places].
struct PronounAttention {
  Matrix dot_products;  ///< of its embedding with the others, over sqrt(D)
  Matrix scores;        ///< in the last layer
  Matrix weights;       ///< their softmax
  Matrix answers;       ///< probability of each place: the weights, unless the context answers
};

class PronounModel {
 public:
  PronounModel(const PronounModelOptions& options, std::size_t vocabulary, std::uint64_t seed);

  ParameterStore& parameters() { return store_; }

  /// Sum over the sentences of -log p(place of the noun that is meant), [1, 1].
  Variable loss(Tape& tape, std::span<const PronounSentence> batch) const;

  PronounAttention attend(std::span<const PronounSentence> sentences) const;

 private:
  struct Layer {
    Parameter query, key, value;  // those that the options ask for
  };
  /// On the tape; rows are (place, sentence) as everywhere.
  struct Forward {
    Variable embeddings;     // [T*B, D]
    Variable queries, keys;  // [T*B, D], of the last layer
    Variable weights;        // [T*B, T], of the last layer
    Variable answers;        // [T*B, T]
  };

  Layer add_layer(const std::string& name, bool with_value);
  Variable embed(Tape& tape, std::span<const PronounSentence> batch) const;
  /// softmax(queries keys^T / sqrt(D)) values
  Variable mix(Tape& tape, Variable queries, Variable keys, Variable values) const;
  Forward forward(Tape& tape, std::span<const PronounSentence> batch) const;
  Real scale() const;
  /// The row of the asked word in sentence b.
  Index asked_row(Index b, Index batch) const;

  PronounModelOptions options_;
  ParameterStore store_;
  Parameter learned_embeddings_;  // [V, D], or none
  Matrix fixed_embeddings_;       // [V, D] otherwise
  std::vector<Layer> layers_;
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
