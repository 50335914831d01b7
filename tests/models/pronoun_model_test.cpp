#include "seqlab/models/pronoun_model.hpp"

#include <doctest/doctest.h>

namespace seqlab {

namespace {

using O = PronounModelOptions;

PronounText small_text() { return make_pronouns({.train_groups = 6, .test_groups = 6, .seed = 2}); }

Real at(const Matrix& m, std::size_t row, Index place) {
  return ref(m).row(static_cast<Index>(row))[place];
}

}  // namespace

TEST_CASE("Only what is asked for is a parameter") {
  const auto count = [](O options) {
    options.width = 8;
    return PronounModel(options, 10, 1).parameters().count();
  };
  using P = O::Projections;
  CHECK(count({.projections = P::none}) == 0);
  CHECK(count({.projections = P::symmetric}) == 64);
  CHECK(count({.projections = P::separate}) == 128);
  CHECK(count({.projections = P::separate, .values = true}) == 128);  // never read
  CHECK(count({.projections = P::separate, .values = true, .answer = O::Answer::context}) == 192);
  CHECK(count({.layers = 2, .projections = P::separate, .values = true}) == 320);
  CHECK(count({.projections = P::none, .learned_embeddings = true}) == 80);
}

TEST_CASE("Weights and answers are shares of one") {
  const PronounText text = small_text();
  for (const auto answer : {O::Answer::weights, O::Answer::context}) {
    const PronounModel model({.width = 8, .layers = 2, .values = true, .answer = answer},
                             text.vocabulary.size(), 1);
    const PronounAttention attention = model.attend(text.test);
    for (std::size_t s = 0; s < text.test.size(); ++s) {
      for (const Matrix* m : {&attention.weights, &attention.answers}) {
        Real sum = 0;
        for (Index place = 0; place < PronounPlaces::kLength; ++place) sum += at(*m, s, place);
        CHECK(sum == doctest::Approx(1).epsilon(1e-5));
      }
    }
  }
}

TEST_CASE("Weights are the softmax of the scores") {
  const PronounText text = small_text();
  const PronounModel model({.width = 8, .layers = 2}, text.vocabulary.size(), 1);
  const PronounAttention attention = model.attend(text.test);
  for (std::size_t s = 0; s < text.test.size(); ++s) {
    Real sum = 0;
    for (Index place = 0; place < PronounPlaces::kLength; ++place) {
      sum += std::exp(at(attention.scores, s, place));
    }
    for (Index place = 0; place < PronounPlaces::kLength; ++place) {
      CHECK(at(attention.weights, s, place) ==
            doctest::Approx(std::exp(at(attention.scores, s, place)) / sum).epsilon(1e-4));
    }
  }
}

TEST_CASE("Without projections the score is the dot product of the embeddings") {
  const PronounText text = small_text();
  const PronounModel model({.width = 8, .projections = O::Projections::none},
                           text.vocabulary.size(), 1);
  const PronounAttention attention = model.attend(text.test);
  for (std::size_t s = 0; s < text.test.size(); ++s) {
    for (Index place = 0; place < PronounPlaces::kLength; ++place) {
      CHECK(at(attention.scores, s, place) == at(attention.dot_products, s, place));
    }
  }
}

TEST_CASE(
    "In one layer the pronoun's scores of the nouns cannot know the property, in two they do") {
  const PronounText text = small_text();
  for (const Index layers : {1, 2}) {
    const PronounModel model({.width = 8, .layers = layers}, text.vocabulary.size(), 4);
    const PronounAttention attention = model.attend(text.train);
    // Sentences 2 i and 2 i + 1 differ in the property alone.
    for (std::size_t s = 0; s < text.train.size(); s += 2) {
      for (const Index noun : PronounPlaces::kNouns) {
        const bool same = at(attention.scores, s, noun) ==
                          doctest::Approx(at(attention.scores, s + 1, noun)).epsilon(1e-5);
        CHECK(same == (layers == 1));
      }
    }
  }
}

}  // namespace seqlab
