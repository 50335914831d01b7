#include "seqlab/experiment/run.hpp"

#include <malloc.h>

#include <fmt/ranges.h>

#include <chrono>
#include <cinttypes>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <thread>

#include "seqlab/error.hpp"
#include "seqlab/evaluation/score_corpus.hpp"
#include "seqlab/experiment/data_sets.hpp"
#include "seqlab/experiment/manifest.hpp"
#include "seqlab/models/registry.hpp"

namespace seqlab {

namespace {

/// What training needs of the data.
struct TrainingData {
  TokenizerPair tokenizers;
  VocabularySizes sizes;
  Corpus train;
  Corpus valid;
  Json manifest;
  std::map<std::string, std::string> checksums;
};

/// The run's own tokenizers if it is resumed and has them, else new ones that are saved with it.
TokenizerPair tokenizers_of(const RunDirectory& run, const DataOptions& data,
                            const ParallelText& train, bool resume) {
  const bool saved = std::filesystem::exists(run.file("joint.vocab")) ||
                     (std::filesystem::exists(run.file("source.vocab")) &&
                      std::filesystem::exists(run.file("target.vocab")));
  if (resume && saved) return TokenizerPair::load(run.path());
  TokenizerPair tokenizers = TokenizerPair::train(data.tokenizer, train.source, train.target);
  tokenizers.save(run.path());
  return tokenizers;
}

/// The least and the greatest number of source tokens in training.
Json length_range(const DataOptions& data) {
  if (data.synthetic_task()) {
    return {synthetic_source_tokens(data.task, data.synthetic.train_min),
            synthetic_source_tokens(data.task, data.synthetic.train_max)};
  }
  return data.max_source_tokens > 0 ? Json{1, data.max_source_tokens} : Json(nullptr);
}

TrainingData load_training_data(const RunRequest& request, const RunDirectory& run,
                                const Report& report) {
  const DataOptions& data = request.model->data;
  TrainingData loaded;
  const ParallelText train = load_text(data, Split::train);
  const ParallelText valid = load_text(data, Split::valid);
  // Ranks other than 0 read what it has written.
  Communicator& communicator = *request.communicator;
  if (!communicator.root()) communicator.wait_for_all();
  loaded.tokenizers = tokenizers_of(run, data, train, request.resume || !communicator.root());
  if (communicator.root()) communicator.wait_for_all();
  FilterReport filter;
  loaded.train = make_training_corpus(data, train, loaded.tokenizers, &filter);
  loaded.valid = make_test_corpus(data, valid, loaded.tokenizers);
  report(fmt::format("training text: {}", filter.summary()));
  loaded.sizes = vocabulary_sizes(data, loaded.tokenizers);
  report(fmt::format("vocabulary: {} source, {} target", loaded.sizes.source,
                     loaded.sizes.target));
  loaded.checksums = {{"train", text_checksum(train)}, {"valid", text_checksum(valid)}};
  Json& manifest = loaded.manifest;
  manifest["task"] = data.task;
  manifest["train"] = {{"pairs", train.size()},
                       {"kept", filter.kept},
                       {"source_tokens", filter.source_tokens},
                       {"target_tokens", filter.target_tokens},
                       {"checksum", loaded.checksums["train"]}};
  manifest["valid"] = {{"pairs", valid.size()}, {"checksum", loaded.checksums["valid"]}};
  if (has_split(data, Split::test)) {
    const ParallelText test = load_text(data, Split::test);
    manifest["test"] = {{"pairs", test.size()}, {"checksum", text_checksum(test)}};
  }
  manifest["training_lengths"] = length_range(data);
  manifest["source_vocabulary"] = loaded.sizes.source;
  manifest["target_vocabulary"] = loaded.sizes.target;
  return loaded;
}

Json make_manifest(const RunRequest& request, const SequenceModel& model, const Json& data) {
  const ParameterCounts counts = count_parameters(model.parameters());
  const TrainingOptions& training = request.model->training;
  Json manifest;
  manifest["experiment"] = request.experiment->experiment.name;
  manifest["model"] = request.model->name;
  manifest["family"] = request.model->family;
  manifest["seed"] = request.seed;
  manifest["models"] = request.experiment->experiment.models;
  manifest["parameters"] = {{"all", counts.all()},
                            {"embeddings", counts.embeddings},
                            {"body", counts.body},
                            {"output", counts.output}};
  manifest["data"] = data;
  manifest["threads"] = thread_count(training.workers);
  manifest["shards"] = training.shards;
  manifest["ranks"] = request.communicator->size();
  manifest["machine"] = machine_manifest();
  return manifest;
}

/// Peak memory is that of training from here on: learning subwords can take more. (proc(5); where
/// it cannot be reset, it stays that of the whole process.)
void begin_peak_memory() {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";
}

/// The largest resident set since begin_peak_memory(), in bytes; 0 where the system does not say.
std::int64_t peak_memory() {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    std::int64_t kilobytes = 0;
    if (std::sscanf(line.c_str(), "VmHWM: %" SCNd64, &kilobytes) == 1) return 1024 * kilobytes;
  }
  return 0;
}

std::string joined_lines(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + '\n';
  return text;
}

Json training_summary(const TrainingResult& result) {
  return {{"end", result.reason},          {"updates", result.updates},
          {"epochs", result.epochs},       {"target_tokens", result.tokens},
          {"seconds", result.seconds},     {"flops", result.flops},
          {"peak_memory", peak_memory()},  {"best_update", result.best_update},
          {"best_loss", result.best_loss}, {"averaged", result.averaged}};
}

}  // namespace

Index thread_count(std::int64_t workers) {
  if (workers > 0) return workers;
  return static_cast<Index>(std::max(1U, std::thread::hardware_concurrency()));
}

BleuOptions bleu_options(const EvaluationOptions& options) {
  BleuOptions bleu;
  bleu.tokenizer = parse_text_tokenizer(options.tokenize);
  bleu.lowercase = options.lowercase;
  return bleu;
}

TrainingResult train_run(const RunRequest& request, const Report& report) {
  const std::string config = write_experiment(*request.experiment, *request.model, request.seed);
  const RunDirectory run(request.directory);
  Communicator& communicator = *request.communicator;
  if (communicator.root()) run.prepare(config, request.resume);
  const TrainingData data = load_training_data(request, run, report);

  begin_peak_memory();
  const std::unique_ptr<SequenceModel> model =
      make_model(request.model->options, data.sizes, request.seed);
  report(fmt::format("model {}: {} parameters", request.model->name, model->parameters().count()));
  Json manifest = make_manifest(request, *model, data.manifest);
  if (communicator.root()) run.write_json("manifest.json", manifest);

  Fingerprint fingerprint = deciding_settings(config, "config.cfg");
  std::string seen_by_all = config;
  for (const auto& [name, checksum] : data.checksums) {
    fingerprint["data." + name] = checksum;
    seen_by_all += checksum;
  }
  communicator.require_same("experiment or data", seen_by_all);
  TrainingOptions options = request.model->training;
  options.seed = request.seed;
  TrainingLog log = communicator.root() ? TrainingLog(run.path(), std::cerr)
                                        : TrainingLog("", std::cerr, ProgressStyle::none);
  Trainer trainer(*model, data.train, data.valid, options, run.path(), fingerprint, log,
                  communicator);
  const TrainingResult result = trainer.run(request.resume);
  if (!result.interrupted() && communicator.root()) {
    manifest["training"] = training_summary(result);
    run.write_json("manifest.json", manifest);
  }
  return result;
}

TestResult test_run(const LoadedRun& run, const ParallelText& text, Index threads,
                    const DecodingProgress& progress) {
  const Corpus corpus = make_test_corpus(text, run.tokenizers);
  const EvaluationOptions& options = run.experiment.evaluation;
  DecodingOptions decoding = run.experiment.decoding;
  decoding.scores = false;
  TestResult result;
  const auto start = std::chrono::steady_clock::now();
  const std::vector<std::vector<Hypothesis>> hypotheses =
      decode(*run.model, corpus.source, decoding, threads, progress);
  result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::vector<Index>& lengths = result.source_lengths;
  for (std::size_t i = 0; i < corpus.size(); ++i) {
    const Hypothesis& best = hypotheses[i].front();
    result.translations.push_back(run.tokenizers.target->decode(best.tokens));
    result.target_tokens += best.length;
    lengths.push_back(static_cast<Index>(corpus.source[i].size()));
  }
  const std::vector<LengthBucket> buckets = make_length_buckets(options.length_buckets);
  const std::vector<LossSum> forced =
      score_by_length(*run.model, corpus, buckets, BatchOptions{}, threads);
  result.evaluation =
      evaluate(result.translations, text.target, lengths, buckets, forced, bleu_options(options));
  return result;
}

void write_test(const RunDirectory& directory, const Evaluation& evaluation,
                const std::vector<std::string>& translations,
                const std::vector<std::string>& references,
                const std::vector<Index>& source_lengths, const Json& extra) {
  Json json = Json::parse(evaluation_json(evaluation));
  json.update(extra);
  directory.write("translations.txt", joined_lines(translations));
  directory.write("references.txt", joined_lines(references));
  directory.write("source_lengths.txt", fmt::format("{}\n", fmt::join(source_lengths, "\n")));
  directory.write("by_length.csv", by_length_csv(evaluation));
  directory.write_json("test.json", json);
  directory.mark_done();
}

}  // namespace seqlab
