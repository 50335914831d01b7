#include "seqlab/training/options.hpp"

#include <functional>

#include <doctest/doctest.h>

#include "seqlab/error.hpp"
#include "support.hpp"

namespace seqlab {
namespace {

std::string complaint(const std::function<void(TrainingOptions&)>& change) {
  TrainingOptions options;
  options.limits.max_updates = 10;
  change(options);
  return message_of<UsageError>([&] { validate(options); });
}

TEST_CASE("the defaults need a limit and nothing else") {
  CHECK(contains(message_of<UsageError>([] { validate(TrainingOptions{}); }), "max_minutes"));
  CHECK(complaint([](TrainingOptions&) {}) == "nothing thrown");
}

TEST_CASE("bad options are named with their value") {
  const std::string message = complaint([](auto& o) { o.optimizer.learning_rate = -0.5; });
  CHECK(contains(message, "learning_rate = -0.5"));
  CHECK(contains(complaint([](auto& o) { o.optimizer.beta1 = 1.0; }), "beta1"));
  CHECK(contains(complaint([](auto& o) { o.optimizer.epsilon = 0.0; }), "epsilon"));
  CHECK(contains(complaint([](auto& o) { o.label_smoothing = 1.0; }), "label_smoothing"));
  CHECK(contains(complaint([](auto& o) { o.label_smoothing = std::nan(""); }), "label_smoothing"));
  CHECK(contains(complaint([](auto& o) { o.shards = 0; }), "shards = 0"));
  CHECK(contains(complaint([](auto& o) { o.log_every = 0; }), "log_every"));
  CHECK(contains(complaint([](auto& o) { o.limits.max_epochs = -1; }), "max_epochs"));
  CHECK(contains(complaint([](auto& o) { o.schedule.plateau_factor = 1.0; }), "plateau_factor"));
}

TEST_CASE("cosine needs an end that does not depend on the clock") {
  const auto only_time = [](TrainingOptions& o) {
    o.limits = {};
    o.limits.max_minutes = 1.0;
  };
  CHECK(complaint(only_time) == "nothing thrown");
  CHECK(contains(complaint([&](TrainingOptions& o) {
                   only_time(o);
                   o.schedule.schedule = ScheduleOptions::Kind::cosine;
                 }),
                 "cosine"));
}

}  // namespace
}  // namespace seqlab
