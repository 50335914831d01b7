#include "seqlab/evaluation/probe.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "models/model_fixture.hpp"

using namespace seqlab;

namespace {

DoubleMatrix fitted(const DoubleMatrix& x, const DoubleMatrix& y, double penalty) {
  Ridge ridge(x, y);
  ridge.solve(penalty);
  return ridge.predict(x);
}

}  // namespace

TEST_CASE("Ridge regression: without a penalty it finds a linear rule, whatever the scales") {
  Random random(3, "ridge");
  DoubleMatrix x = DoubleMatrix::from_shape({30, 3}), y = DoubleMatrix::from_shape({30, 1});
  for (std::size_t i = 0; i < 30; ++i) {
    x(i, 0) = random.normal();
    x(i, 1) = 1000 + 50 * random.normal();
    x(i, 2) = 7;  // says nothing
    y(i, 0) = 2 * x(i, 0) - 3 * x(i, 1) + 1;
  }
  const DoubleMatrix prediction = fitted(x, y, 1e-12);
  for (std::size_t i = 0; i < 30; ++i) CHECK(prediction(i, 0) == doctest::Approx(y(i, 0)));
}

TEST_CASE("Ridge regression: the penalty, worked by hand") {
  // Standardised inputs -1 and 1, centred outputs -1 and 1: W = 2 / (2 + 2 penalty).
  const DoubleMatrix x{{10}, {30}}, y{{0}, {2}};
  CHECK(fitted(x, y, 1.0)(1, 0) == doctest::Approx(1.5));
  CHECK(fitted(x, y, 3.0)(0, 0) == doctest::Approx(0.75));
}

TEST_CASE("R squared: perfect, as good as the mean, worse") {
  const DoubleMatrix truth{{1}, {2}, {3}};
  CHECK(r_squared(truth, truth) == 1);
  CHECK(r_squared(DoubleMatrix{{2}, {2}, {2}}, truth) == doctest::Approx(0));
  CHECK(r_squared(DoubleMatrix{{3}, {2}, {1}}, truth) == doctest::Approx(-3));
  CHECK(std::isnan(r_squared(truth, DoubleMatrix{{2}, {2}, {2}})));
}

namespace {

struct ProbeExample {
  std::vector<Sentence> sentences;
  DoubleMatrix vectors;
};

/// Vectors that hold the first word of their sentence (one number a word) and its length, but
/// nothing of the second word.
ProbeExample make_example(std::uint64_t seed, std::size_t count) {
  Random random(seed, "probe example");
  ProbeExample example{{}, DoubleMatrix::from_shape({count, 6})};
  example.vectors.fill(0.0);
  for (std::size_t i = 0; i < count; ++i) {
    Sentence sentence;
    for (Index length = 2 + static_cast<Index>(random.below(4)); length > 0; --length) {
      sentence.push_back(kFirstFree + static_cast<TokenId>(random.below(4)));
    }
    example.vectors(i, static_cast<std::size_t>(sentence[0] - kFirstFree)) = 1;
    example.vectors(i, 4) = static_cast<double>(sentence.size());
    example.vectors(i, 5) = random.normal();
    example.sentences.push_back(sentence);
  }
  return example;
}

}  // namespace

TEST_CASE("Probes tell what a vector holds, and not what it does not hold") {
  const ProbeExample train = make_example(1, 1000), test = make_example(2, 400);
  const ProbeScore length =
      probe_length(train.vectors, train.sentences, test.vectors, test.sentences);
  CHECK(length.score > 0.999);
  const std::vector<ProbeScore> words = probe_words(train.vectors, train.sentences, test.vectors,
                                                    test.sentences, make_length_buckets({3}));
  // Lengths 2 and 3 have positions 0 to 2, lengths 4 and 5 positions 0 to 4.
  REQUIRE(words.size() == 8);
  for (const ProbeScore& word : words) {
    CAPTURE(word.position);
    CHECK(word.baseline < 0.4);
    if (word.position == 0) CHECK(word.score == 1);
    if (word.position > 0) CHECK(word.score < 0.5);
  }
  CHECK(words[0].train + words[3].train == 1000);
  CHECK(words[2].train < words[0].train);
}

TEST_CASE("Probes: a token that training lacks counts as wrong") {
  ProbeExample train = make_example(1, 300), test = make_example(2, 100);
  for (Sentence& sentence : test.sentences) sentence[0] = kUnk;
  const std::vector<ProbeScore> words = probe_words(train.vectors, train.sentences, test.vectors,
                                                    test.sentences, make_length_buckets({}));
  REQUIRE(!words.empty());
  CHECK(words[0].score == 0);
  CHECK(words[0].baseline == 0);
}

TEST_CASE("Sentence vectors are what decoders start from, in the order of the sentences") {
  Random random(4, "sentences");
  std::vector<Sentence> sources;
  for (const Index length : {3, 9, 1, 6}) sources.push_back(random_sentence(random, length));
  for (const SmallModel& small : small_models()) {
    CAPTURE(small.name);
    const auto model = make_small(small);
    const std::vector<SentenceVectors> vectors = sentence_vectors(*model, sources, 2);
    if (small.options.encoder == EncoderKind::none) {
      CHECK(vectors.empty());
      continue;
    }
    REQUIRE(vectors[0].name == "encoder.summary");
    const bool recurrent = small.options.decoder != DecoderKind::transformer;
    REQUIRE(vectors.size() == (recurrent ? 2 : 1));
    if (!recurrent) continue;
    CHECK(vectors[1].name == "decoder.start");
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const DecoderState state = model->start(batch_of({sources[i]}, {{}}).source);
      const Matrix& h = state.rows[0].values;
      for (Index c = 0; c < cols(h); ++c) {
        CHECK(vectors[1].values(i, static_cast<std::size_t>(c)) ==
              doctest::Approx(ref(h).row(0)[c]).epsilon(1e-4));
      }
    }
  }
}
