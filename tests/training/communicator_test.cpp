#include "seqlab/training/communicator.hpp"

#include <doctest/doctest.h>

#include "seqlab/error.hpp"
#include "seqlab/training/batch_gradient.hpp"
#include "seqlab/training/optimizer.hpp"
#include "support.hpp"

namespace seqlab {
namespace {

/// One of several ranks that are not there: `others` is what they add to a collected number.
class LoneRank final : public Communicator {
 public:
  LoneRank(int rank, int size, double others = 0.0) : rank_(rank), size_(size), others_(others) {}
  int rank() const override { return rank_; }
  int size() const override { return size_; }
  void collect(std::span<double> values) override {
    for (double& value : values) value += others_;
  }

 private:
  int rank_;
  int size_;
  double others_;
};

std::vector<FlatBuffer> random_gradients(std::size_t count, std::size_t size) {
  std::vector<FlatBuffer> gradients;
  for (std::size_t i = 0; i < count; ++i) {
    Random random(i, "gradient");
    FlatBuffer& gradient = gradients.emplace_back(size);
    for (Real& value : gradient) value = static_cast<Real>(random.normal());
  }
  return gradients;
}

/// The sum of gradients [begin, end), which are used up.
FlatBuffer sum_of(std::vector<FlatBuffer> gradients, std::size_t begin, std::size_t end) {
  Workers workers(1);
  std::vector<std::span<Real>> spans;
  for (std::size_t i = begin; i < end; ++i) spans.emplace_back(gradients[i]);
  add_pairwise(spans, workers);
  return gradients[begin];
}

TEST_CASE("sums of groups of 1, 2, 4 and 8 gradients add up to the bits of the sum of all") {
  const std::size_t size = static_cast<std::size_t>(Workers::kBlock) + 3;
  for (const std::size_t groups : {1, 2, 3, 5}) {
    for (const std::size_t each : {1, 2, 4, 8}) {
      const std::vector<FlatBuffer> gradients = random_gradients(groups * each, size);
      std::vector<FlatBuffer> sums;
      for (std::size_t i = 0; i < groups; ++i) {
        sums.push_back(sum_of(gradients, i * each, (i + 1) * each));
      }
      CHECK(sum_of(sums, 0, groups) == sum_of(gradients, 0, gradients.size()));
    }
  }
}

TEST_CASE("shards are shared by ranks that can each add up theirs, or refused") {
  CHECK(shards_of_each_rank(5, Communicator()) == 5);
  CHECK(shards_of_each_rank(4, LoneRank(0, 4)) == 1);
  CHECK(shards_of_each_rank(24, LoneRank(0, 3)) == 8);
  for (const std::int64_t shards : {2, 6, 12, 20}) {
    CHECK(contains(message_of<UsageError>([&] { shards_of_each_rank(shards, LoneRank(0, 4)); }),
                   "expected 4"));
  }
}

TEST_CASE("losses that other ranks know are part of the total") {
  LoneRank rank(1, 2, 3.0);
  LossSum known;
  known.negative_log_likelihood = 0.5;
  known.smoothed = 0.25;
  known.tokens = 7;
  known.correct = 2;
  known.sentence_nll = {0.5};
  const std::vector<LossSum> losses = {LossSum{}, known};
  const LossSum total = total_loss(losses, rank);
  CHECK(total.negative_log_likelihood == 6.5);
  CHECK(total.smoothed == 6.25);
  CHECK(total.tokens == 13);
  CHECK(total.correct == 8);
  CHECK(total.sentence_nll.empty());
}

TEST_CASE("a rank hears what another says") {
  CHECK_FALSE(LoneRank(0, 2).any(false));
  CHECK(LoneRank(0, 2).any(true));
  CHECK(LoneRank(0, 2, 1.0).any(false));
  CHECK_NOTHROW(LoneRank(0, 2).require_same("config", "a"));
  CHECK(
      contains(message_of<RuntimeFailure>([] { LoneRank(1, 2, 12.0).require_same("config", "a"); }),
               "rank 1 of 2 has another config than rank 0"));
}

TEST_CASE("a process without a launcher is one rank") {
  if (launched_ranks() > 1) return;  // the tests themselves under mpirun
  const std::unique_ptr<Communicator> communicator = connect_ranks();
  CHECK(communicator->size() == 1);
  CHECK(communicator->root());
  CHECK_FALSE(communicator->any(false));
}

}  // namespace
}  // namespace seqlab
