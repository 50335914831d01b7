#include "bench_work.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>

#include "memory_requests.hpp"
#include "seqlab/data/temporary_folder.hpp"
#include "seqlab/decoding/translate.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/results.hpp"
#include "seqlab/models/registry.hpp"
#include "seqlab/tensor/flops.hpp"
#include "seqlab/tensor/gemm.hpp"
#include "seqlab/tensor/profile.hpp"
#include "seqlab/tensor/workers.hpp"
#include "seqlab/training/trainer.hpp"

namespace seqlab {

namespace {

constexpr Index kWarmup = 3;
constexpr Index kDecodingSteps = 25;
constexpr int kDecodingRuns = 7;

Corpus random_corpus(Index sentences, Index words, Index vocabulary) {
  Random random(1, "bench");
  Corpus corpus;
  const auto sentence = [&] {
    Sentence tokens;
    for (Index i = 0; i < words; ++i) {
      const auto range = static_cast<std::uint64_t>(vocabulary - kFirstFree);
      tokens.push_back(kFirstFree + static_cast<TokenId>(random.below(range)));
    }
    return tokens;
  };
  for (Index i = 0; i < sentences; ++i) {
    corpus.source.push_back(sentence());
    corpus.target.push_back(sentence());
    corpus.line.push_back(static_cast<std::size_t>(i));
  }
  return corpus;
}

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

TrainingOptions training_options(const BenchOptions& options) {
  TrainingOptions training;
  training.optimizer.learning_rate = 1e-4;
  training.schedule.schedule = ScheduleOptions::Kind::constant;
  training.schedule.warmup = 0;
  training.batch.sentences = options.sentences;
  training.log_every = 1;
  training.label_smoothing = 0.1;
  training.clip_norm = 1.0;
  training.shards = options.threads;
  training.workers = options.threads;
  if (options.bf16) training.precision = Precision::bf16;
  return training;
}

struct TrainingRun {
  std::vector<double> speeds;  ///< target tokens a second of each update after the warm-up
  double flops = 0.0;          ///< of an update
  MemoryRequests requests;     ///< of the whole run
};

TrainingRun train(SequenceModel& model, const BenchOptions& options, Index updates) {
  const TemporaryFolder folder;
  // No run goes through all of it: an epoch begins with work that is not a step's.
  const Index batches = kWarmup + options.steps + 1;
  const Corpus corpus =
      random_corpus(batches * options.sentences, options.length - 1, options.vocabulary);
  const Corpus valid = random_corpus(1, options.length - 1, options.vocabulary);
  TrainingLog log(folder.path(), std::cerr, ProgressStyle::none);
  TrainingOptions training = training_options(options);
  training.limits.max_updates = training.validate_every = updates;
  Trainer trainer(model, corpus, valid, training, folder.path(), {}, log);
  const MemoryRequests before = memory_requests();
  const TrainingResult result = trainer.run(false);
  const MemoryRequests after = memory_requests();
  TrainingRun run;
  run.requests = {after.allocations - before.allocations, after.page_faults - before.page_faults};
  run.flops = result.flops / static_cast<double>(result.updates);
  run.speeds = read_number_table(folder.path() / "train.csv").column("tokens_per_second");
  run.speeds.erase(run.speeds.begin(), run.speeds.begin() + kWarmup);
  return run;
}

/// Decodes one batch greedily, each sentence exactly kDecodingSteps tokens. The first time, which
/// makes the weights ready for decoding, is not measured.
class DecodingWork {
 public:
  DecodingWork(SequenceModel& model, const BenchOptions& options)
      : model_(&model),
        threads_(options.threads),
        corpus_(random_corpus(options.sentences, options.length - 1, options.vocabulary)) {
    // No sentence ends by itself.
    const Parameter bias = model.parameters().find("output.bias");
    model.parameters().value(bias).data[kEos] = Real(-1e9);
    options_.beam = 1;
    options_.scores = false;
    if (options.bf16) options_.precision = Precision::bf16;
    options_.max_length_factor = 0.0;
    options_.max_length_offset = kDecodingSteps;
    options_.batch_sentences = (options.sentences + options.threads - 1) / options.threads;
  }

  double median_seconds() const {
    Translator translator(*model_, options_, threads_);
    run(translator);
    std::vector<double> seconds;
    for (int i = 0; i < kDecodingRuns; ++i) {
      const auto start = Clock::now();
      run(translator);
      seconds.push_back(seconds_since(start));
    }
    return median(seconds);
  }

  double flops() const {
    Translator translator(*model_, options_, 1);
    const FlopCount count;  // of this thread
    run(translator);
    return count.value();
  }

  Profile profile() const {
    Translator translator(*model_, options_, 1);
    run(translator);
    Profile result;
    const ProfileScope scope(result);
    for (int i = 0; i < kDecodingRuns; ++i) run(translator);
    return result;
  }

 private:
  void run(Translator& translator) const {
    const auto results = translator.translate(corpus_.source);
    check(results.front().front().length == kDecodingSteps, "decoding ended after {} steps",
          results.front().front().length);
  }

  SequenceModel* model_;
  Index threads_;
  Corpus corpus_;
  DecodingOptions options_;
};

/// Adds to `rates` the GFLOP/s of large matrix products on all threads at once: what the machine
/// gives at this time, which other programs change.
void measure_products(Index threads, std::vector<double>& rates) {
  constexpr Index m = 1600, n = 1024, k = 256;
  constexpr int kRepeats = 25;
  Workers workers(threads);
  const double operations = 2.0 * m * n * k * static_cast<double>(workers.threads());
  struct Operands {
    Matrix a = zeros(m, k), b = zeros(k, n), c = zeros(m, n);
  };
  std::vector<Operands> operands(static_cast<std::size_t>(workers.threads()));
  for (int i = 0; i < kRepeats; ++i) {
    const auto start = Clock::now();
    workers.run(workers.threads(), [&](Index thread) {
      Operands& o = operands[static_cast<std::size_t>(thread)];
      multiply_nn(ref(o.a), ref(o.b), Real(0), ref(o.c));
    });
    rates.push_back(operations / seconds_since(start) / 1e9);
  }
}

/// What a training run of so many updates did.
struct Account {
  Profile profile;
  MemoryRequests requests;
};

Account account(SequenceModel& model, const BenchOptions& options, Index updates) {
  Account result;
  const ProfileScope scope(result.profile);
  result.requests = train(model, options, updates).requests;
  return result;
}

Json work_json(double seconds, double calls, double flops) {
  return {{"ms", 1e3 * seconds}, {"calls", calls}, {"gflop", flops / 1e9}};
}

/// A step in detail: the difference of a longer and a shorter run, so that what a run does once
/// (first steps, validation, files) does not count.
void add_profile(SequenceModel& model, const BenchOptions& options, Json& result) {
  const Account few = account(model, options, kWarmup);
  const Account many = account(model, options, kWarmup + options.steps);
  const auto per_step = [&](auto after, auto before) {
    return static_cast<double>(after - before) / static_cast<double>(options.steps);
  };
  const auto work = [&](const Profile::Work& after, const Profile::Work& before) {
    return work_json(per_step(after.seconds, before.seconds), per_step(after.calls, before.calls),
                     per_step(after.flops, before.flops));
  };
  Json& operations = result["operations"] = Json::array();
  for (std::size_t i = 0; i < many.profile.operations().size(); ++i) {
    const Profile::Operation& after = many.profile.operations()[i];
    const Profile::Operation& before = few.profile.operations().at(i);
    operations.push_back({{"operation", after.name},
                          {"forward", work(after.forward, before.forward)},
                          {"backward", work(after.backward, before.backward)}});
  }
  result["allocations_per_step"] = per_step(many.requests.allocations, few.requests.allocations);
  result["page_faults_per_step"] = per_step(many.requests.page_faults, few.requests.page_faults);
}

/// The decoding of a batch in detail.
void add_decoding_profile(const DecodingWork& work, Json& result) {
  const Profile profile = work.profile();
  Json& operations = result["decoding_operations"] = Json::array();
  for (const Profile::Operation& operation : profile.operations()) {
    const Profile::Work& all = operation.forward;
    operations.push_back({{"operation", operation.name},
                          {"forward", work_json(all.seconds / kDecodingRuns,
                                                static_cast<double>(all.calls) / kDecodingRuns,
                                                all.flops / kDecodingRuns)}});
  }
}

/// Peak memory of the process, MB (2^20 bytes).
double peak_memory() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
}

}  // namespace

Json run_bench(const BenchOptions& options) {
  ModelOptions model_options = find_family(options.family).defaults;
  model_options.width = options.width;
  const auto model =
      make_model(model_options, {options.vocabulary, options.vocabulary}, /*seed=*/1);

  Json result;
  result["model"] = options.family;
  result["threads"] = options.threads;
  result["width"] = options.width;
  result["vocabulary"] = options.vocabulary;
  result["precision"] = options.bf16 ? "bf16" : "fp32";
  result["sentences"] = options.sentences;
  result["length"] = options.length;
  result["parameters"] = model->parameters().count();

  const TrainingRun run = train(*model, options, kWarmup + options.steps);
  result["peak_memory_mb"] = peak_memory();
  std::vector<double> product_rates;
  measure_products(options.threads, product_rates);
  const double speed = median(run.speeds);
  const double seconds = static_cast<double>(options.sentences * options.length) / speed;
  result["train_target_tokens_per_second"] = std::round(speed);
  result["train_target_tokens_per_second_best"] =
      std::round(*std::max_element(run.speeds.begin(), run.speeds.end()));
  result["step_ms"] = 1e3 * seconds;
  result["gflop_per_step"] = run.flops / 1e9;
  result["gflops"] = run.flops / seconds / 1e9;
  if (options.decode) {
    const DecodingWork decoding(*model, options);
    const double duration = decoding.median_seconds();
    measure_products(options.threads, product_rates);
    const double rate = decoding.flops() / duration / 1e9;
    result["decode_target_tokens_per_second"] =
        std::round(static_cast<double>(options.sentences * kDecodingSteps) / duration);
    result["decode_ms"] = 1e3 * duration;
    result["decode_gflops"] = rate;
    if (options.profile) add_decoding_profile(decoding, result);
  }
  const double limit = median(product_rates);
  result["gemm_limit_gflops"] = limit;
  result["gemm_limit_share"] = result["gflops"].get<double>() / limit;
  if (options.decode) {
    result["decode_limit_share"] = result["decode_gflops"].get<double>() / limit;
  }
  if (options.profile) add_profile(*model, options, result);
  return result;
}

}  // namespace seqlab
