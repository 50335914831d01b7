#include "seqlab/training/checkpoint.hpp"

#include <fstream>

#include <doctest/doctest.h>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "support.hpp"
#include "training/toy_model.hpp"

namespace seqlab {
namespace {

namespace fs = std::filesystem;

std::vector<Real> values_of(const SequenceModel& model) {
  const std::span<const Real> values = model.parameters().values();
  return {values.begin(), values.end()};
}

Progress example_progress() {
  Progress progress;
  progress.update = 1234567890123;
  progress.epoch = 3;
  progress.batch = 17;
  progress.tokens = 99;
  progress.seconds = 0.1 + 0.2;
  progress.best_loss = 1.0 / 3.0;
  progress.best_update = 1200;
  progress.without_improvement = 2;
  progress.last_validation = 1210;
  progress.averaging_window = {1100, 1200};
  progress.schedule = {0.25, 1e-300, 1};
  progress.window = {5, 6, 7, 8, 9.1, 10.2, 11.3, 12.4};
  progress.train_log_bytes = 100;
  progress.valid_log_bytes = 200;
  return progress;
}

Optimizer optimizer_for(const SequenceModel& model, OptimizerOptions options = {}) {
  return Optimizer(options, model.parameters().values().size());
}

TEST_CASE("parameters are saved by name and shape and loaded bit by bit") {
  const TemporaryFolder folder;
  const ToyModel model(1);
  save_parameters(folder / "p.safetensors", model.parameters(), {{"update", "5"}});
  const Safetensors file(folder / "p.safetensors");
  CHECK(file.tensors().size() == 3);
  CHECK(file.tensors().at("out").shape ==
        std::vector<std::int64_t>{ToyModel::kVocabulary, ToyModel::kWidth});
  CHECK(file.metadata().at("update") == "5");

  ToyModel other(2);
  CHECK(values_of(other) != values_of(model));
  load_parameters(folder / "p.safetensors", other.parameters());
  CHECK(values_of(other) == values_of(model));
}

TEST_CASE("parameters of another model are refused and nothing changes") {
  const TemporaryFolder folder;
  const fs::path file = folder / "p.safetensors";
  ToyModel model(1);
  const std::vector<Real> before = values_of(model);
  const auto complaint = [&](const ParameterStore& stored) {
    save_parameters(file, stored);
    const std::string message =
        message_of<RuntimeFailure>([&] { load_parameters(file, model.parameters()); });
    CHECK(contains(message, file.string()));
    CHECK(values_of(model) == before);
    return message;
  };
  const Initializer ones{Initializer::Kind::constant, 1.0};
  ParameterStore other_names(1);
  other_names.add("embedding", ToyModel::kVocabulary, ToyModel::kWidth, ones);
  other_names.add("decoder.w", 2, 2, ones);
  const std::string names = complaint(other_names);
  CHECK(contains(names, "missing: bigram, out"));
  CHECK(contains(names, "not expected: decoder.w"));

  ParameterStore other_shape(1);
  other_shape.add("embedding", ToyModel::kVocabulary, ToyModel::kWidth, ones);
  other_shape.add("out", ToyModel::kVocabulary, ToyModel::kWidth + 1, ones);
  other_shape.add("bigram", ToyModel::kVocabulary, ToyModel::kVocabulary, ones);
  CHECK(contains(complaint(other_shape), "tensor out is F32 [12, 9]; expected F32 [12, 8]"));
}

TEST_CASE("a checkpoint restores parameters, moments and progress exactly") {
  for (const auto kind : {OptimizerOptions::Kind::adam, OptimizerOptions::Kind::sgd}) {
    const TemporaryFolder folder;
    OptimizerOptions options;
    options.optimizer = kind;
    options.momentum = 0.5;
    const Fingerprint fingerprint = {{"training.seed", "1"}, {"data", "0123 abc"}};
    const Progress progress = example_progress();
    Workers workers(1);

    ToyModel model(1);
    Optimizer optimizer = optimizer_for(model, options);
    const std::vector<Real> gradient(values_of(model).size(), Real(0.5));
    optimizer.step(model.parameters().values(), gradient, 0.01, 1.0, workers);
    CHECK_FALSE(checkpoint_exists(folder.path()));
    save_checkpoint(folder.path(), model.parameters(), optimizer, progress, fingerprint);
    CHECK(checkpoint_exists(folder.path()));

    ToyModel restored(2);
    Optimizer restored_optimizer = optimizer_for(restored, options);
    CHECK(load_checkpoint(folder.path(), restored.parameters(), restored_optimizer, fingerprint) ==
          progress);
    CHECK(values_of(restored) == values_of(model));
    CHECK(restored_optimizer.steps() == 1);
    // The next step depends on the moments.
    optimizer.step(model.parameters().values(), gradient, 0.01, 1.0, workers);
    restored_optimizer.step(restored.parameters().values(), gradient, 0.01, 1.0, workers);
    CHECK(values_of(restored) == values_of(model));
  }
}

TEST_CASE("a fresh run's progress survives too") {
  const TemporaryFolder folder;
  ToyModel model(1);
  Optimizer optimizer = optimizer_for(model);
  save_checkpoint(folder.path(), model.parameters(), optimizer, Progress{}, {});
  CHECK(load_checkpoint(folder.path(), model.parameters(), optimizer, {}) == Progress{});
}

TEST_CASE("another fingerprint is refused with what differs and only that") {
  const TemporaryFolder folder;
  ToyModel model(1);
  Optimizer optimizer = optimizer_for(model);
  save_checkpoint(folder.path(), model.parameters(), optimizer, Progress{},
                  {{"model.width", "64"}, {"data.train", "abc"}, {"seed", "1"}});
  const std::string message = message_of<RuntimeFailure>([&] {
    load_checkpoint(folder.path(), model.parameters(), optimizer,
                    {{"model.width", "128"}, {"seed", "1"}, {"dropout", "0.1"}});
  });
  CHECK(contains(message, "state.safetensors"));
  CHECK(contains(message, "model.width: was 64, now 128"));
  CHECK(contains(message, "data.train: was abc, now not set"));
  CHECK(contains(message, "dropout: was not set, now 0.1"));
  CHECK_FALSE(contains(message, "seed"));
}

TEST_CASE("a checkpoint that is missing, damaged or of another optimizer is refused") {
  const TemporaryFolder folder;
  ToyModel model(1);
  Optimizer adam = optimizer_for(model);
  const auto complaint = [&](Optimizer& optimizer) {
    return message_of<RuntimeFailure>(
        [&] { load_checkpoint(folder.path(), model.parameters(), optimizer, {}); });
  };
  CHECK(contains(complaint(adam), "state.safetensors"));

  save_checkpoint(folder.path(), model.parameters(), adam, Progress{}, {});
  OptimizerOptions options;
  options.optimizer = OptimizerOptions::Kind::sgd;
  Optimizer sgd = optimizer_for(model, options);
  CHECK(contains(complaint(sgd), "not expected: optimizer.first_moment"));

  // Parameters without progress.
  save_parameters(folder / "state.safetensors", model.parameters());
  CHECK(contains(complaint(adam), "progress.update is missing"));

  save_checkpoint(folder.path(), model.parameters(), adam, Progress{}, {});
  std::string bytes = read_file(folder / "state.safetensors");
  const std::size_t number = bytes.find(R"("progress.update":"0")");
  REQUIRE(number != std::string::npos);
  bytes[number + 19] = 'x';
  write_file_atomically(folder / "state.safetensors", bytes);
  CHECK(contains(complaint(adam), "progress.update is 'x'"));
}

TEST_CASE("a new checkpoint removes validation files that are not needed any more") {
  const TemporaryFolder folder;
  ToyModel model(1);
  Optimizer optimizer = optimizer_for(model);
  for (const std::int64_t update : {10, 20, 30}) {
    save_parameters(validation_file(folder.path(), update), model.parameters());
  }
  Progress progress;
  progress.averaging_window = {20, 30};
  save_checkpoint(folder.path(), model.parameters(), optimizer, progress, {});
  CHECK_FALSE(fs::exists(validation_file(folder.path(), 10)));
  CHECK(fs::exists(validation_file(folder.path(), 20)));
  CHECK(fs::exists(validation_file(folder.path(), 30)));
  CHECK(checkpoint_exists(folder.path()));
}

}  // namespace
}  // namespace seqlab
