#include "seqlab/tensor/workers.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include "seqlab/error.hpp"

namespace seqlab {
namespace {

TEST_CASE("every task runs once, again and again") {
  for (const Index threads : {1, 2, 5}) {
    Workers workers(threads);
    CHECK(workers.threads() == threads);
    for (Index count = 0; count < 40; ++count) {
      std::vector<std::atomic<int>> runs(static_cast<std::size_t>(count));
      workers.run(count, [&](Index i) { ++runs[static_cast<std::size_t>(i)]; });
      for (const std::atomic<int>& n : runs) CHECK(n == 1);
    }
  }
}

TEST_CASE("with one worker tasks run in order on the calling thread") {
  Workers workers(1);
  std::vector<Index> order;
  workers.run(4, [&](Index i) { order.push_back(i); });
  CHECK(order == std::vector<Index>{0, 1, 2, 3});
}

TEST_CASE("the first failure by number is rethrown and the pool goes on") {
  for (const Index threads : {1, 3}) {
    Workers workers(threads);
    std::string message;
    try {
      workers.run(20, [](Index i) {
        if (i % 7 == 3) throw std::runtime_error(std::to_string(i));
      });
    } catch (const std::runtime_error& error) {
      message = error.what();
    }
    CHECK(message == "3");
    std::atomic<int> count{0};
    workers.run(10, [&](Index) { ++count; });
    CHECK(count == 10);
  }
}

TEST_CASE("tasks run once each and stop after an exception") {
  Workers one(1);
  std::vector<int> runs(20, 0);
  CHECK_THROWS_WITH(one.run(20,
                            [&](Index i) {
                              if (i == 3) throw RuntimeFailure("task 3");
                              ++runs[static_cast<std::size_t>(i)];
                            }),
                    "task 3");
  CHECK(std::count(runs.begin(), runs.end(), 1) == 3);
  Workers two(2);
  std::atomic<int> begun{0};
  CHECK_THROWS_AS(two.run(300,
                          [&](Index i) {
                            if (i == 0) throw RuntimeFailure("the first");
                            ++begun;
                            std::this_thread::sleep_for(std::chrono::milliseconds(1));
                          }),
                  RuntimeFailure);
  CHECK(begun < 299);
  two.run(0, [](Index) { FAIL("there is no task"); });
  for (const Index threads : {1, 2, 5}) {
    Workers workers(threads);
    std::vector<int> all(20, 0);
    workers.run(20, [&](Index i) { ++all[static_cast<std::size_t>(i)]; });
    CHECK(all == std::vector<int>(20, 1));
  }
}

TEST_CASE("blocks cover a range and do not depend on the number of threads") {
  const Index size = 3 * Workers::kBlock + 1;
  for (const Index threads : {1, 2}) {
    Workers workers(threads);
    std::vector<std::pair<Index, Index>> seen(static_cast<std::size_t>(Workers::blocks(size)));
    workers.run_blocks(size, [&](Index block, Index begin, Index end) {
      seen[static_cast<std::size_t>(block)] = {begin, end};
    });
    REQUIRE(seen.size() == 4);
    CHECK(seen[0] == std::pair<Index, Index>(0, Workers::kBlock));
    CHECK(seen[3] == std::pair<Index, Index>(3 * Workers::kBlock, size));
  }
}

}  // namespace
}  // namespace seqlab
