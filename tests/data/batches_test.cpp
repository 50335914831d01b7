#include "seqlab/data/batches.hpp"

#include <algorithm>
#include <cmath>

#include <doctest/doctest.h>

#include "support.hpp"
#include "seqlab/tensor/random.hpp"

namespace {

using namespace seqlab;

/// Pairs with lengths as in translated text: log-normal, and the target's near the source's.
Corpus sample_corpus(std::size_t size, double mean_length = 25.0) {
  Random random(7, "sample corpus");
  Corpus corpus;
  for (std::size_t i = 0; i < size; ++i) {
    const double source = std::clamp(mean_length * std::exp(0.5 * random.normal()), 1.0, 100.0);
    const double target = std::clamp(source * std::exp(0.2 * random.normal()), 1.0, 100.0);
    corpus.source.emplace_back(static_cast<std::size_t>(source), static_cast<TokenId>(i + 4));
    corpus.target.emplace_back(static_cast<std::size_t>(target), static_cast<TokenId>(i + 5));
    corpus.line.push_back(i);
  }
  return corpus;
}

std::vector<std::size_t> sentences_of(const std::vector<Batch>& batches) {
  std::vector<std::size_t> all;
  for (const Batch& batch : batches) {
    all.insert(all.end(), batch.sentences.begin(), batch.sentences.end());
  }
  return all;
}

std::vector<Batch> epoch_of(const Batches& batches, std::uint64_t epoch) {
  std::vector<Batch> all;
  for (std::size_t i = 0; i < batches.per_epoch(epoch); ++i) {
    all.push_back(batches.batch(epoch, i));
  }
  return all;
}

bool is_permutation(std::vector<std::size_t> positions, std::size_t size) {
  std::sort(positions.begin(), positions.end());
  for (std::size_t i = 0; i < positions.size(); ++i) {
    if (positions[i] != i) return false;
  }
  return positions.size() == size;
}

double padding_of(const std::vector<Batch>& batches) {
  double positions = 0;
  double used = 0;
  for (const Batch& batch : batches) {
    for (const TokenBatch* side : {&batch.source, &batch.target_output}) {
      positions += static_cast<double>(side->tokens.size());
      for (const Index length : side->lengths) used += static_cast<double>(length);
    }
  }
  return 1.0 - used / positions;
}

}  // namespace

TEST_CASE("every epoch has every pair once, within the token budget, in an order of its own") {
  const Corpus corpus = sample_corpus(3000);
  const Batches batches(corpus, {.tokens = 1000}, 1);
  std::vector<std::vector<std::size_t>> orders;
  for (const std::uint64_t epoch : {0, 1, 2}) {
    const std::vector<Batch> all = epoch_of(batches, epoch);
    orders.push_back(sentences_of(all));
    CHECK(is_permutation(orders.back(), corpus.size()));
    for (const Batch& batch : all) {
      CHECK(std::max(batch.source.tokens.size(), batch.target_output.tokens.size()) <= 1000);
      const std::size_t first = batch.sentences[0];
      CHECK(batch.source.at(0, 0) == corpus.source[first][0]);
      CHECK(batch.target_output.at(0, 0) == corpus.target[first][0]);
    }
    CHECK(batches.padding_share(epoch) == doctest::Approx(padding_of(all)).epsilon(1e-9));
  }
  CHECK(orders[0] != orders[1]);
  CHECK(orders[1] != orders[2]);
}

TEST_CASE("an epoch depends on seed and number only, not on what was asked before") {
  const Corpus corpus = sample_corpus(2000);
  const Batches batches(corpus, {.tokens = 1000}, 5);
  const Batches same(corpus, {.tokens = 1000}, 5);
  const Batches other(corpus, {.tokens = 1000}, 6);
  const std::vector<std::size_t> first = sentences_of(epoch_of(batches, 3));
  batches.batch(9, 0);
  CHECK(sentences_of(epoch_of(batches, 3)) == first);
  CHECK(same.batch(3, 4).sentences == batches.batch(3, 4).sentences);
  CHECK(sentences_of(epoch_of(same, 3)) == first);
  CHECK(sentences_of(epoch_of(other, 3)) != first);
}

TEST_CASE("batches come in random order, not from short to long") {
  const Corpus corpus = sample_corpus(3000);
  const std::vector<Batch> all = epoch_of(Batches(corpus, {.tokens = 1000}, 1), 0);
  std::size_t longer = 0;
  for (std::size_t i = 1; i < all.size(); ++i) {
    longer += all[i].target_output.steps > all[i - 1].target_output.steps ? 1 : 0;
  }
  CHECK(longer > all.size() / 3);
  CHECK(longer < all.size() * 2 / 3);
}

TEST_CASE("less than 5 % of the positions are padding") {
  const Corpus small = sample_corpus(30000);
  const Corpus large = sample_corpus(200000);
  CHECK(Batches(small, {.tokens = 4096}, 1).padding_share() < 0.05);
  CHECK(Batches(small, {.tokens = 2048}, 1).padding_share() < 0.05);
  CHECK(Batches(small, {.sentences = 64}, 1).padding_share() < 0.05);
  CHECK(Batches(large, {.tokens = 4096}, 1).padding_share() < 0.05);
}

TEST_CASE("a fixed number of sentences, whatever their lengths") {
  const Corpus corpus = sample_corpus(1000);
  const Batches batches(corpus, {.tokens = 1, .sentences = 64}, 1);
  CHECK(batches.per_epoch(0) == 16);
  std::size_t partial = 0;
  for (const Batch& batch : epoch_of(batches, 0)) partial += batch.sentences.size() != 64 ? 1 : 0;
  CHECK(partial == 1);
}

TEST_CASE("a pair above the budget is a batch of its own") {
  Corpus corpus = sample_corpus(50, 5.0);
  corpus.source[20].assign(500, 4);
  const Batches batches(corpus, {.tokens = 100}, 1);
  std::size_t alone = 0;
  for (const Batch& batch : epoch_of(batches, 0)) {
    if (batch.source.steps > 100) alone += batch.sentences == std::vector<std::size_t>{20} ? 1 : 0;
  }
  CHECK(alone == 1);
}

TEST_CASE("ordered_batches go from long to short sources and keep every pair") {
  Corpus corpus = sample_corpus(2000);
  corpus.source[3].clear();
  corpus.target[4].clear();
  const std::vector<Batch> all = ordered_batches(corpus, {.tokens = 2000});
  CHECK(is_permutation(sentences_of(all), corpus.size()));
  for (std::size_t i = 1; i < all.size(); ++i) {
    CHECK(all[i].source.steps < all[i - 1].source.steps + 8);
  }
  CHECK(all.front().source.steps > all.back().source.steps + 50);
  CHECK(padding_of(all) < 0.15);
  CHECK(sentences_of(ordered_batches(corpus, {.tokens = 2000})) == sentences_of(all));
  CHECK(ordered_batches(Corpus{}, {}).empty());
}

TEST_CASE("impossible batch sizes are refused") {
  const Corpus corpus = sample_corpus(5);
  CHECK_THROWS_AS(Batches(corpus, {.tokens = 0}, 1), UsageError);
  CHECK_THROWS_AS(Batches(corpus, {.sentences = -1}, 1), UsageError);
  CHECK_THROWS_AS(ordered_batches(corpus, {.tokens = -5}), UsageError);
  CHECK(seqlab::contains(
      message_of<UsageError>([&] { Batches(corpus, {.tokens = 0}, 1); }), "at least 1 token"));
}
