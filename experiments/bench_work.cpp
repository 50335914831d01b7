#include "bench_work.hpp"

#include <stdlib.h>
#include <sys/resource.h>

#include <chrono>
#include <filesystem>
#include <iostream>

#include "seqlab/data/temporary_folder.hpp"
#include "seqlab/decoding/translate.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/results.hpp"
#include "seqlab/models/registry.hpp"
#include "seqlab/training/trainer.hpp"

namespace seqlab {

namespace {

constexpr Index kWarmup = 3;
constexpr Index kBatches = 8;
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
  training.limits.max_updates = kWarmup + options.steps;
  training.validate_every = training.limits.max_updates;
  training.log_every = 1;
  training.label_smoothing = 0.1;
  training.clip_norm = 1.0;
  training.shards = options.threads;
  training.workers = options.threads;
  return training;
}

/// Target tokens a second of each update after the warm-up.
std::vector<double> train(SequenceModel& model, const BenchOptions& options) {
  const TemporaryFolder folder;
  const Corpus corpus =
      random_corpus(kBatches * options.sentences, options.length - 1, options.vocabulary);
  const Corpus valid = random_corpus(1, options.length - 1, options.vocabulary);
  TrainingLog log(folder.path(), std::cerr, ProgressStyle::none);
  Trainer(model, corpus, valid, training_options(options), folder.path(), {}, log).run(false);
  std::vector<double> speeds =
      read_number_table(folder.path() / "train.csv").column("tokens_per_second");
  speeds.erase(speeds.begin(), speeds.begin() + kWarmup);
  return speeds;
}

/// Seconds for one batch, each sentence exactly kDecodingSteps tokens.
double decode_seconds(SequenceModel& model, const BenchOptions& options) {
  // No sentence ends by itself.
  const Parameter bias = model.parameters().find("output.bias");
  model.parameters().value(bias).data[kEos] = Real(-1e9);
  DecodingOptions decoding;
  decoding.beam = 1;
  decoding.max_length_factor = 0.0;
  decoding.max_length_offset = kDecodingSteps;
  decoding.batch_sentences = (options.sentences + options.threads - 1) / options.threads;
  const Corpus corpus = random_corpus(options.sentences, options.length - 1, options.vocabulary);
  std::vector<double> seconds;
  for (int i = 0; i <= kDecodingRuns; ++i) {
    const auto start = std::chrono::steady_clock::now();
    const auto results = decode(model, corpus.source, decoding, options.threads);
    const auto end = std::chrono::steady_clock::now();
    check(results.front().front().length == kDecodingSteps, "decoding ended after {} steps",
          results.front().front().length);
    if (i > 0) seconds.push_back(std::chrono::duration<double>(end - start).count());
  }
  return median(seconds);
}

/// Floating-point operations of the matrix products of a forward pass over a batch. A weight is
/// used once per position, but for those that work on one vector a sentence (the bridge, and a
/// fixed context); tied embeddings count as the output layer only.
double forward_flops(const SequenceModel& model, const ModelOptions& options,
                     const BenchOptions& bench) {
  const auto positions = static_cast<double>(bench.sentences * bench.length);
  const auto width = static_cast<double>(options.width);
  double multiplications = positions * width * static_cast<double>(bench.vocabulary);
  for (const NamedParameter& parameter : model.parameters().parameters()) {
    const auto& [name, place] = parameter;
    const bool product = place.rows > 1 && place.cols > 1 && parameter_job(name) == "body";
    if (!product) continue;
    const bool once = name.find("bridge") != std::string::npos ||
                      (options.decoder == DecoderKind::fixed_context &&
                       name.find("w_context") != std::string::npos);
    multiplications += static_cast<double>(place.rows * place.cols) *
                       (once ? static_cast<double>(bench.sentences) : positions);
  }
  const double pairs = positions * static_cast<double>(bench.length);  // query and key positions
  if (options.decoder == DecoderKind::transformer) {
    const auto attentions =
        static_cast<double>(options.encoder_layers + 2 * options.decoder_layers);
    multiplications += 2.0 * attentions * pairs * width;  // scores and weighted sums
  } else if (options.decoder == DecoderKind::bahdanau) {
    multiplications += pairs * width * (options.recurrent.bidirectional ? 3.0 : 2.0);
  }
  return 2.0 * multiplications;
}

}  // namespace

nlohmann::ordered_json run_bench(const BenchOptions& options) {
  ModelOptions model_options = find_family(options.family).defaults;
  model_options.width = options.width;
  const auto model =
      make_model(model_options, {options.vocabulary, options.vocabulary}, /*seed=*/1);
  const std::vector<double> speeds = train(*model, options);
  const double speed = median(speeds);
  const auto tokens = static_cast<double>(options.sentences * options.length);
  const double seconds = tokens / speed;
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const double decoding = decode_seconds(*model, options);

  nlohmann::ordered_json result;
  result["model"] = options.family;
  result["threads"] = options.threads;
  result["width"] = options.width;
  result["vocabulary"] = options.vocabulary;
  result["sentences"] = options.sentences;
  result["length"] = options.length;
  result["parameters"] = model->parameters().count();
  result["train_target_tokens_per_second"] = std::round(speed);
  result["train_target_tokens_per_second_best"] =
      std::round(*std::max_element(speeds.begin(), speeds.end()));
  result["step_ms"] = 1e3 * seconds;
  result["gflops"] = 3.0 * forward_flops(*model, model_options, options) / seconds / 1e9;
  result["decode_target_tokens_per_second"] =
      std::round(static_cast<double>(options.sentences * kDecodingSteps) / decoding);
  result["decode_ms"] = 1e3 * decoding;
  result["peak_memory_mb"] = static_cast<double>(usage.ru_maxrss) / 1024.0;
  return result;
}

}  // namespace seqlab
