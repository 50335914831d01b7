// The trainer's promises with the real models: same bits after a resume in the middle of an epoch
// with dropout on and for any number of workers, and no memory from the system after the start.

#include <sstream>

#include <doctest/doctest.h>

#include "memory_requests.hpp"
#include "seqlab/models/registry.hpp"
#include "seqlab/training/trainer.hpp"
#include "support.hpp"
#include "training/toy_model.hpp"

namespace seqlab {
namespace {

TrainingOptions model_options() {
  TrainingOptions options;
  options.schedule.warmup = 2;
  options.batch.tokens = 64;
  options.limits.max_updates = 14;
  options.validate_every = 5;
  options.checkpoint_every = 4;
  options.shards = 2;
  options.workers = 1;
  return options;
}

std::unique_ptr<SequenceModel> tiny_model(const ModelFamily& family) {
  ModelOptions options = family.defaults;
  options.width = 16;
  options.embedding = 0;
  options.dropout = 0.2;
  options.transformer.feed_forward = 32;
  return make_model(options, {ToyModel::kVocabulary, ToyModel::kVocabulary}, 3);
}

struct Outcome {
  std::vector<Real> values;  // of the best validation
  double best_loss = 0.0;
};

class ModelRun {
 public:
  explicit ModelRun(const ModelFamily& family) : family_(family) {}

  Outcome operator()(const TrainingOptions& options, bool resume = false) {
    static const Corpus train = toy_corpus(60, 1);
    static const Corpus valid = toy_corpus(10, 2);
    const std::unique_ptr<SequenceModel> model = tiny_model(family_);
    std::ostringstream text;
    TrainingLog log(folder_.path(), text, ProgressStyle::none);
    Trainer trainer(*model, train, valid, options, folder_.path(), {}, log);
    const TrainingResult result = trainer.run(resume);
    const std::span<const Real> values = std::as_const(*model).parameters().values();
    return {{values.begin(), values.end()}, result.best_loss};
  }

 private:
  const ModelFamily& family_;
  TemporaryFolder folder_;
};

TEST_CASE("every model: resuming and the number of workers change no bit") {
  for (const ModelFamily& family : model_families()) {
    CAPTURE(family.name);
    TrainingOptions options = model_options();
    const Outcome whole = ModelRun(family)(options);
    CHECK(std::isfinite(whole.best_loss));

    options.workers = 3;
    const Outcome parallel = ModelRun(family)(options);
    CHECK(parallel.values == whole.values);
    CHECK(parallel.best_loss == whole.best_loss);

    ModelRun parts(family);
    options.limits.max_updates = 7;
    parts(options);
    options.limits.max_updates = 14;
    const Outcome resumed = parts(options, true);
    CHECK(resumed.values == whole.values);
    CHECK(resumed.best_loss == whole.best_loss);

    options.seed = 2;
    CHECK(ModelRun(family)(options).values != whole.values);
  }
}

TEST_CASE("every model: training asks the system for memory at its start only") {
  for (const ModelFamily& family : model_families()) {
    CAPTURE(family.name);
    TrainingOptions options = model_options();
    ModelRun run(family);
    options.limits.max_updates = 14;
    run(options);
    const std::size_t requests = buffer_statistics().system_requests;
    options.limits.max_updates = 40;
    run(options, true);
    CHECK(buffer_statistics().system_requests == requests);
  }
}

/// Pairs of one length, so that all batches have the same shape.
Corpus even_corpus(std::size_t size) {
  Corpus corpus = toy_corpus(size, 1);
  for (std::size_t i = 0; i < size; ++i) {
    corpus.source[i].resize(7, kUnk);
    corpus.target[i].resize(6, kUnk);
  }
  return corpus;
}

// Reading a batch, its gradient and the optimizer's step; on one worker, in single precision, with
// batches of one shape.
TEST_CASE("every model: a steady training step allocates nothing") {
  const Corpus corpus = even_corpus(80);
  const TrainingOptions options = model_options();
  for (const ModelFamily& family : model_families()) {
    // A reversed source is a batch of its own, made anew for every pass.
    if (family.defaults.reverse_source) continue;
    CAPTURE(family.name);
    const std::unique_ptr<SequenceModel> model = tiny_model(family);
    Workers workers(options.workers);
    const Batches batches(corpus, {.tokens = 0, .sentences = 8}, options.seed);
    BatchGradient gradient(*model, corpus, options, workers, one_rank());
    Optimizer optimizer(options.optimizer, model->parameters().values().size());
    Batch batch;
    std::int64_t update = 0;
    const auto step = [&] {
      batches.read(0, static_cast<std::size_t>(update), batch);
      gradient.compute(batch, ++update);
      optimizer.step(model->parameters().values(), gradient.values(), 1e-3, 1.0, workers);
    };
    const std::int64_t before = memory_requests().allocations;
    for (int i = 0; i < 3; ++i) step();
    const std::int64_t warm = memory_requests().allocations;
    CHECK(warm > before);
    for (int i = 0; i < 6; ++i) step();
    CHECK(memory_requests().allocations == warm);
  }
}

TEST_CASE("bf16 products train like single precision, and their bits do not depend on workers") {
  if (!bf16_products_available()) {
    MESSAGE("skipped: this processor has no bfloat16 products");
    return;
  }
  const auto train = [](Precision precision, std::int64_t workers) {
    TrainingOptions options = model_options();
    options.batch.tokens = 600;  // products that are large enough to be rounded
    options.precision = precision;
    options.workers = workers;
    ModelOptions model = find_family("transformer").defaults;
    model.width = 64;
    const TemporaryFolder folder;
    std::ostringstream text;
    TrainingLog log(folder.path(), text, ProgressStyle::none);
    const auto built = make_model(model, {ToyModel::kVocabulary, ToyModel::kVocabulary}, 3);
    return Trainer(*built, toy_corpus(200, 1), toy_corpus(40, 2), options, folder.path(), {}, log)
        .run(false)
        .best_loss;
  };
  const double single = train(Precision::fp32, 1);
  const double rounded = train(Precision::bf16, 1);
  CHECK(rounded != single);
  CHECK(rounded == doctest::Approx(single).epsilon(0.01));
  CHECK(train(Precision::bf16, 3) == rounded);
}

}  // namespace
}  // namespace seqlab
