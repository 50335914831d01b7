#include "seqlab/training/trainer.hpp"

#include <csignal>
#include <sstream>

#include <doctest/doctest.h>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/evaluation/score_corpus.hpp"
#include "support.hpp"
#include "training/toy_model.hpp"

namespace seqlab {
namespace {

namespace fs = std::filesystem;

const Corpus& train_corpus() {
  static const Corpus corpus = toy_corpus(150, 1);
  return corpus;
}
const Corpus& valid_corpus() {
  static const Corpus corpus = toy_corpus(20, 2);
  return corpus;
}

TrainingOptions toy_options() {
  TrainingOptions options;
  options.optimizer.learning_rate = 0.02;
  options.schedule.warmup = 5;
  options.batch.sentences = 8;
  options.limits.max_updates = 60;
  options.validate_every = 10;
  options.log_every = 5;
  options.shards = 3;
  options.workers = 1;
  return options;
}

/// A run that can be done in several pieces; each piece has a new model, as a new process would.
struct Run {
  explicit Run(TrainingOptions training_options, double model_dropout = 0.3)
      : options(training_options), dropout(model_dropout) {}

  TrainingResult operator()(bool resume = false) {
    model = std::make_unique<ToyModel>(7, dropout);
    model->on_loss = on_loss;
    model->poisoned_sentence = poisoned_sentence;
    TrainingLog log(folder.path(), text, ProgressStyle::lines);
    Trainer trainer(*model, train_corpus(), valid_corpus(), options, folder.path(),
                    {{"model", "toy"}}, log);
    return trainer.run(resume);
  }

  std::string file(const std::string& name) const { return read_file(folder / name); }
  /// Parameters and moments of the last checkpoint, without the wall-clock numbers.
  std::string state() const {
    const Safetensors state(folder / "checkpoint" / "state.safetensors");
    std::string bytes;
    for (const auto& [name, tensor] : state.tensors()) {
      std::vector<float> values((tensor.end - tensor.begin) / sizeof(float));
      state.read(name, tensor.shape, std::span<float>(values));
      bytes.append(reinterpret_cast<const char*>(values.data()), tensor.end - tensor.begin);
    }
    return bytes;
  }

  TemporaryFolder folder;
  TrainingOptions options;
  double dropout;
  std::function<void(const Tape&, const Batch&)> on_loss;
  std::size_t poisoned_sentence = static_cast<std::size_t>(-1);
  std::ostringstream text;
  std::unique_ptr<ToyModel> model;
};

using Table = std::vector<std::vector<std::string>>;

/// The fields of a CSV file, the header included.
Table table(const std::string& csv) {
  Table rows;
  std::istringstream lines(csv);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream fields(line);
    rows.emplace_back();
    for (std::string field; std::getline(fields, field, ',');) rows.back().push_back(field);
  }
  return rows;
}

/// Without the columns that depend on the clock.
Table timeless(Table rows) {
  for (const char* name : {"seconds", "tokens_per_second"}) {
    const auto column = std::find(rows[0].begin(), rows[0].end(), name) - rows[0].begin();
    if (column == static_cast<std::ptrdiff_t>(rows[0].size())) continue;
    for (auto& row : rows) row.erase(row.begin() + column);
  }
  return rows;
}

double validation_loss(const ToyModel& model) {
  Workers workers(1);
  const LossSum sum = corpus_loss(model, ordered_batches(valid_corpus(), {}), workers);
  return sum.negative_log_likelihood / static_cast<double>(sum.tokens);
}

TEST_CASE("a run learns, ends at its limit and leaves its files") {
  Run run(toy_options());
  run.options.limits.max_updates = 300;
  const TrainingResult result = run();
  CHECK(result.end == TrainingResult::End::limit);
  CHECK(result.reason == "max_updates = 300 reached");
  CHECK(result.updates == 300);
  CHECK(result.epochs == 300 / 19);  // 150 sentences in batches of 8

  const Table train = table(run.file("train.csv"));
  REQUIRE(train.size() == 1 + 300 / 5);
  CHECK(train[1][0] == "5");
  CHECK(train[1][1] == "1");
  CHECK(train.back()[0] == "300");
  CHECK(train.back()[1] == "16");
  CHECK(std::stoll(train.back()[2]) == result.tokens);
  CHECK(std::stod(train.back()[3]) < 0.85 * std::stod(train[1][3]));
  CHECK(std::stod(train.back()[4]) ==
        doctest::Approx(std::exp(std::stod(train.back()[3]))).epsilon(1e-4));
  const Table valid = table(run.file("valid.csv"));
  CHECK(valid.size() == 1 + 300 / 10);
  CHECK(valid[1].back() == "1");

  CHECK(validation_loss(*run.model) == doctest::Approx(result.best_loss).epsilon(1e-6));
  CHECK(result.best_loss < 0.85 * std::stod(valid[1][3]));
  ToyModel loaded(1);
  load_parameters(run.folder / "best.safetensors", loaded.parameters());
  CHECK(std::equal(loaded.parameters().values().begin(), loaded.parameters().values().end(),
                   run.model->parameters().values().begin()));
  CHECK(Safetensors(run.folder / "best.safetensors").metadata().at("update") ==
        std::to_string(result.best_update));
}

TEST_CASE("an update is the gradient of the whole batch, however it is cut") {
  // One sentence a shard and one shard for all are the same sum up to rounding, without dropout.
  std::vector<std::vector<float>> values;
  for (const std::int64_t shards : {1, 2, 8, 50}) {
    Run run(toy_options(), 0.0);
    run.options.shards = shards;
    run.options.limits.max_updates = 20;
    run();
    const std::span<const Real> v = std::as_const(*run.model).parameters().values();
    values.emplace_back(v.begin(), v.end());
  }
  for (const std::vector<float>& other : values) {
    double distance = 0;
    for (std::size_t i = 0; i < other.size(); ++i) {
      distance = std::max(distance, std::abs(static_cast<double>(other[i] - values[0][i])));
    }
    CHECK(distance < 1e-4);
  }
}

TEST_CASE("a step is that of the mean gradient per target token, clipped") {
  // Plain SGD with rate 1: the step has the length of the clipped gradient.
  Run run(toy_options(), 0.0);
  run.options.optimizer.optimizer = OptimizerOptions::Kind::sgd;
  run.options.optimizer.learning_rate = 1.0;
  run.options.schedule = {ScheduleOptions::Kind::constant, 0, 0.5, 1};
  run.options.clip_norm = 0.01;
  run.options.limits.max_updates = 1;
  run.options.log_every = 1;
  run();
  const ToyModel start(7);
  double squares = 0;
  const std::span<const Real> before = start.parameters().values();
  const std::span<const Real> after = std::as_const(*run.model).parameters().values();
  for (std::size_t i = 0; i < before.size(); ++i) {
    squares += std::pow(static_cast<double>(after[i]) - static_cast<double>(before[i]), 2);
  }
  CHECK(std::sqrt(squares) == doctest::Approx(0.01).epsilon(1e-4));
  const double norm = std::stod(table(run.file("train.csv"))[1][7]);
  CHECK(norm > 0.1);  // of a mean over tokens, before clipping
  CHECK(norm < 3.0);
}

TEST_CASE("the same seed gives the same bits, for any number of workers") {
  Run reference(toy_options());
  reference();
  for (const std::int64_t workers : {1, 2, 4}) {
    Run run(toy_options());
    run.options.workers = workers;
    run();
    CHECK(run.state() == reference.state());
    CHECK(run.file("best.safetensors") == reference.file("best.safetensors"));
    CHECK(timeless(table(run.file("train.csv"))) == timeless(table(reference.file("train.csv"))));
    CHECK(timeless(table(run.file("valid.csv"))) == timeless(table(reference.file("valid.csv"))));
  }
  Run other(toy_options());
  other.options.seed = 2;
  other();
  CHECK(other.state() != reference.state());
}

TEST_CASE("a resumed run has the bits of one that never stopped") {
  using Kind = ScheduleOptions::Kind;
  for (const Kind kind : {Kind::inverse_sqrt, Kind::plateau, Kind::cosine}) {
    TrainingOptions options = toy_options();
    options.schedule.schedule = kind;
    if (kind == Kind::plateau) options.optimizer.learning_rate = 0.5;  // so that it is reduced
    options.validate_every = 4;
    options.average_last = 3;
    options.checkpoint_every = 7;
    options.limits.max_epochs = 3;  // 57 updates
    options.limits.max_updates = 0;
    Run whole(options);
    const TrainingResult whole_result = whole();
    CHECK(whole_result.updates == 57);
    if (kind == Kind::plateau) {
      const Table rows = table(whole.file("train.csv"));
      REQUIRE(rows[5][0] == "25");
      REQUIRE(std::stod(rows[5][6]) < 0.5);
    }

    // Killed in the update 34, in the middle of an epoch: goes on after update 28.
    Run parts(options);
    std::int64_t losses = 0;
    parts.on_loss = [&](const Tape& tape, const Batch&) {
      if (tape.training() && ++losses == 33 * options.shards + 2) throw std::bad_alloc();
    };
    CHECK_THROWS_AS(parts(), std::bad_alloc);
    parts.on_loss = nullptr;
    const TrainingResult result = parts(true);
    CHECK(contains(parts.text.str(), "resumed after update 28"));
    CHECK(parts.state() == whole.state());
    CHECK(parts.file("best.safetensors") == whole.file("best.safetensors"));
    CHECK(timeless(table(parts.file("train.csv"))) == timeless(table(whole.file("train.csv"))));
    CHECK(timeless(table(parts.file("valid.csv"))) == timeless(table(whole.file("valid.csv"))));
    CHECK(result.best_loss == whole_result.best_loss);
    CHECK(result.best_update == whole_result.best_update);
    CHECK(result.averaged == whole_result.averaged);
    CHECK(result.tokens == whole_result.tokens);
  }
}

TEST_CASE("a finished run goes on with a later limit as if it had never ended") {
  Run whole(toy_options());
  whole();
  Run parts(toy_options());
  parts.options.limits.max_updates = 34;  // no update with a validation
  parts();
  CHECK(table(parts.file("valid.csv")).back()[0] == "34");
  parts.options.limits.max_updates = 60;
  parts(true);
  CHECK(contains(parts.text.str(), "resumed after update 34"));
  CHECK(parts.state() == whole.state());
  CHECK(timeless(table(parts.file("train.csv"))) == timeless(table(whole.file("train.csv"))));
  CHECK(timeless(table(parts.file("valid.csv"))) == timeless(table(whole.file("valid.csv"))));

  // And resuming a run that has nothing left to do changes nothing.
  const std::string best = whole.file("best.safetensors");
  const TrainingResult again = whole(true);
  CHECK(again.updates == 60);
  CHECK(whole.file("best.safetensors") == best);
}

TEST_CASE("a run that goes on reports the update whose parameters it keeps, better end or not") {
  Run run(toy_options());
  run.options.limits.max_updates = 34;
  CHECK(run().best_update == 34);
  CHECK(contains(run.file("best.safetensors"), R"("update":"34")"));
  // With such a rate the next update makes it worse.
  run.options.limits.max_updates = 35;
  run.options.optimizer.learning_rate = 5.0;
  const TrainingResult later = run(true);
  CHECK(later.best_update == 30);
  CHECK(contains(run.file("best.safetensors"), R"("update":"30")"));
}

TEST_CASE("a checkpoint is not overwritten by a new run, nor resumed by another") {
  Run run(toy_options());
  run.options.limits.max_updates = 14;  // validated at the end, and better than at 10
  run();
  const std::string best = run.file("best.safetensors");
  CHECK(contains(best, R"("update":"14")"));
  CHECK(contains(message_of<UsageError>([&] { run(); }), run.folder.path().string()));
  TrainingLog log(run.folder.path(), run.text, ProgressStyle::none);
  Trainer other(*run.model, train_corpus(), valid_corpus(), run.options, run.folder.path(),
                {{"model", "other"}}, log);
  CHECK(
      contains(message_of<RuntimeFailure>([&] { other.run(true); }), "model: was toy, now other"));
  CHECK(run.file("best.safetensors") == best);
}

TEST_CASE("resuming without a checkpoint begins a run") {
  Run run(toy_options());
  CHECK(run(true).updates == 60);
}

TEST_CASE("the limit that is reached first ends a run") {
  const auto reason = [](const TrainingLimits& limits) {
    Run run(toy_options());
    run.options.limits = limits;
    const TrainingResult result = run();
    CHECK(result.end == TrainingResult::End::limit);
    return result.reason;
  };
  CHECK(reason({2, 1000, 100000, 10.0}) == "max_epochs = 2 reached");
  CHECK(reason({20, 12, 100000, 10.0}) == "max_updates = 12 reached");
  CHECK(reason({20, 1000, 100, 10.0}) == "max_tokens = 100 reached");
  CHECK(reason({0, 1000000, 0, 0.0005}) == "max_minutes = 0.0005 reached");
}

TEST_CASE("validation is at the end of each epoch if not told otherwise, and at the end") {
  Run run(toy_options());
  run.options.validate_every = 0;
  run.options.limits.max_updates = 45;  // two epochs of 19 and a bit
  run();
  const Table valid = table(run.file("valid.csv"));
  REQUIRE(valid.size() == 4);
  CHECK(valid[1][0] == "19");
  CHECK(valid[1][1] == "1");
  CHECK(valid[2][0] == "38");
  CHECK(valid[3][0] == "45");
}

TEST_CASE("early stopping after so many validations without a new best") {
  Run run(toy_options());
  run.options.optimizer.learning_rate = 0.3;  // too high to settle
  run.options.schedule.schedule = ScheduleOptions::Kind::constant;
  run.options.limits.max_updates = 1000;
  run.options.patience = 3;
  const TrainingResult result = run();
  CHECK(result.end == TrainingResult::End::patience);
  CHECK(contains(result.reason, "patience"));
  CHECK(result.updates < 1000);
  const Table valid = table(run.file("valid.csv"));
  REQUIRE(valid.size() >= 4);
  for (std::size_t i = valid.size() - 3; i < valid.size(); ++i) CHECK(valid[i].back() == "0");
  CHECK(std::stoll(valid[valid.size() - 4][0]) == result.best_update);
  // The model went back to its best.
  CHECK(validation_loss(*run.model) == doctest::Approx(result.best_loss).epsilon(1e-6));
  // It stays stopped.
  CHECK(run(true).updates == result.updates);
}

TEST_CASE("the average of the last validations is taken when it is better") {
  TrainingOptions options = toy_options();
  options.optimizer.learning_rate = 0.3;  // noisy, so that averaging helps
  options.schedule.schedule = ScheduleOptions::Kind::constant;
  options.limits.max_updates = 100;
  Run plain(options);
  const TrainingResult plain_result = plain();
  options.average_last = 5;
  Run averaged(options);
  const TrainingResult result = averaged();
  REQUIRE(result.averaged);
  CHECK(result.best_loss < plain_result.best_loss);
  CHECK(result.best_update == 100);
  CHECK(contains(averaged.text.str(), "average of the last 5 validations"));
  CHECK(averaged.state() == plain.state());  // training itself is not touched
  CHECK(Safetensors(averaged.folder / "best.safetensors").metadata().at("averaged_updates") ==
        "60 70 80 90 100");

  std::vector<double> sum(averaged.model->parameters().values().size(), 0.0);
  for (const std::int64_t update : {60, 70, 80, 90, 100}) {
    ToyModel part(1);
    load_parameters(validation_file(averaged.folder / "checkpoint", update), part.parameters());
    for (std::size_t i = 0; i < sum.size(); ++i) {
      sum[i] += static_cast<double>(part.parameters().values()[i]);
    }
  }
  for (std::size_t i = 0; i < sum.size(); ++i) {
    const Real expected = static_cast<Real>(sum[i] / 5.0);
    CHECK(averaged.model->parameters().values()[i] == expected);
  }
}

TEST_CASE("an average that is no better is not taken") {
  TrainingOptions options = toy_options();
  options.limits.max_updates = 30;  // still improving fast
  options.average_last = 3;
  Run run(options);
  const TrainingResult result = run();
  CHECK_FALSE(result.averaged);
  CHECK(contains(run.text.str(), "no better than the best"));
}

TEST_CASE("a loss that is not finite stops with update, line and parameter") {
  Run run(toy_options());
  run.options.validate_every = 5;
  // A sentence that comes late in the first epoch.
  const Batches batches(train_corpus(), run.options.batch, run.options.seed);
  const std::size_t sentence = batches.batch(0, 12).sentences[3];
  run.poisoned_sentence = sentence;
  const std::string message = message_of<RuntimeFailure>([&] { run(); });
  CHECK(contains(message, "update 13"));
  CHECK(contains(message, "loss is nan"));
  CHECK(contains(message, "not finite: out"));
  CHECK(contains(message, fmt::format(" {}", train_corpus().line[sentence] + 1)));
  CHECK(contains(message, "checkpoint of update 10 is kept"));
  // The checkpoint can be used.
  run.poisoned_sentence = static_cast<std::size_t>(-1);
  CHECK(run(true).updates == 60);
}

TEST_CASE("a signal ends a run after the update with a checkpoint") {
  Run whole(toy_options());
  whole();
  for (const int signal : {SIGINT, SIGTERM}) {
    Run run(toy_options());
    int losses = 0;
    run.on_loss = [&](const Tape& tape, const Batch&) {
      if (tape.training() && ++losses == 40) std::raise(signal);
    };
    const TrainingResult result = run();
    CHECK(result.interrupted());
    CHECK(result.updates == 14);  // the 40th shard belongs to update 14
    CHECK(contains(run.text.str(), "interrupted"));
    run.on_loss = nullptr;
    CHECK(run(true).updates == 60);
    CHECK(run.state() == whole.state());
  }
}

TEST_CASE("tapes and gradients are kept: training asks the system for memory at first only") {
  Run run(toy_options());
  std::size_t requests_at_10 = 0;
  int losses = 0;
  run.on_loss = [&](const Tape&, const Batch&) {
    if (++losses == 30) requests_at_10 = buffer_statistics().system_requests;
  };
  run();
  CHECK(buffer_statistics().system_requests == requests_at_10);
}

TEST_CASE("a run counts its floating-point operations, resumed or not, however a batch is cut") {
  TrainingOptions options = toy_options();
  const double whole = Run(options)().flops;
  CHECK(whole > 0.0);
  options.shards = 1;
  options.limits.max_updates = 30;
  Run run(options);
  CHECK(run().flops < 0.9 * whole);
  run.options.limits.max_updates = 60;
  CHECK(run(true).flops == whole);
}

TEST_CASE("corpora without sentences are refused") {
  const TemporaryFolder folder;
  ToyModel model(1);
  std::ostringstream text;
  TrainingLog log(folder.path(), text, ProgressStyle::none);
  const Corpus empty;
  CHECK(contains(message_of<RuntimeFailure>([&] {
                   Trainer(model, empty, valid_corpus(), toy_options(), folder.path(), {}, log);
                 }),
                 "training corpus"));
  CHECK(contains(message_of<RuntimeFailure>([&] {
                   Trainer(model, train_corpus(), empty, toy_options(), folder.path(), {}, log);
                 }),
                 "validation corpus"));
}

TEST_CASE("validation is the same for any number of threads and batch size") {
  const ToyModel model(3);
  Workers one(1);
  Workers four(4);
  const LossSum a = corpus_loss(model, ordered_batches(valid_corpus(), {4096, 3}), one);
  const LossSum b = corpus_loss(model, ordered_batches(valid_corpus(), {4096, 3}), four);
  const LossSum c = corpus_loss(model, ordered_batches(valid_corpus(), {}), one);
  CHECK(a.negative_log_likelihood == b.negative_log_likelihood);
  CHECK(a.sentence_nll == b.sentence_nll);
  CHECK(a.tokens == c.tokens);
  CHECK(a.correct == c.correct);
  CHECK(a.negative_log_likelihood == doctest::Approx(c.negative_log_likelihood).epsilon(1e-9));
}

}  // namespace
}  // namespace seqlab
