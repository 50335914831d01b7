#include "seqlab/experiment/match.hpp"

#include <cmath>
#include <functional>

#include "seqlab/data/batches.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/config_keys.hpp"
#include "seqlab/experiment/data_sets.hpp"
#include "seqlab/tensor/flops.hpp"

namespace seqlab {

namespace {

using Match = BudgetOptions::Match;
using Size = std::function<double(const ModelOptions&)>;

constexpr std::size_t kSampleBatches = 12;
constexpr double kMostParameters = 1e9;
constexpr Index kWidest = 1 << 16;

bool has_transformer(const ModelOptions& options) {
  return options.encoder == EncoderKind::transformer || options.decoder == DecoderKind::transformer;
}

ModelOptions with_width(ModelOptions options, Index width) {
  options.width = width;
  return options;
}

double off(double size, double budget) { return size / budget - 1.0; }

/// The multiple of `unit` whose size is nearest to the budget. Sizes grow with the width.
Index nearest_width(const ModelOptions& options, Index unit, double budget, const Size& size) {
  const auto at = [&](Index units) { return size(with_width(options, units * unit)); };
  Index high = 1;
  while (high * unit < kWidest && at(high) < budget) high *= 2;
  Index low = high / 2;  // 0 stands for nothing at all
  while (high - low > 1) {
    const Index middle = low + (high - low) / 2;
    (at(middle) < budget ? low : high) = middle;
  }
  if (low == 0) return unit;
  return unit * (budget - at(low) < at(high) - budget ? low : high);
}

/// Changes the inner width of feed-forward layers so that the size meets the budget; the size is
/// linear in it.
void fill_gap(ModelOptions& options, double budget, const Size& size) {
  constexpr Index kStep = 64;
  TransformerOptions& transformer = options.transformer;
  const bool experts = transformer.experts > 0 && transformer.expert_width > 0;
  Index& inner = experts ? transformer.expert_width : transformer.feed_forward;
  if (inner == 0) inner = 4 * options.width;
  const double before = size(options);
  const Index begin = inner;
  inner += kStep;
  const double slope = (size(options) - before) / static_cast<double>(kStep);
  const double wanted = static_cast<double>(begin) + (budget - before) / slope;
  inner = std::max<Index>(1, static_cast<Index>(std::lround(wanted)));
}

void match_model(NamedModel& model, double budget, const Size& size) {
  const bool transformer = has_transformer(model.options);
  // A head must be of an even width for rotary positions.
  const Index unit = transformer ? 2 * model.options.transformer.heads : 1;
  model.options.width = nearest_width(model.options, unit, budget, size);
  if (transformer) fill_gap(model.options, budget, size);
  const double reached = size(model.options);
  if (std::abs(off(reached, budget)) <= kMatchTolerance) return;
  throw UsageError(
      fmt::format("{} cannot be matched: the nearest width, {}, gives {:.6g}, which is {:+.1f} % "
                  "off the budget "
                  "of {:.6g}; choose another budget or other settings of the model",
                  model.name, model.options.width, reached, 100.0 * off(reached, budget), budget));
}

double parameters_of(const ModelOptions& options, const TrainingSample& sample) {
  return static_cast<double>(make_model(options, sample.sizes, /*seed=*/1)->parameters().count());
}

/// One sentence as long as the batch is.
Batch longest_sentence(const Batch& batch) {
  const auto sentence = [](Index steps) {
    return Sentence(static_cast<std::size_t>(steps - 1), kFirstFree);
  };
  const Sentence source = sentence(batch.source.steps);
  const Sentence target = sentence(batch.target_input.steps);
  return make_batch({&source}, {&target}, {0});
}

/// Operations of a step of training on the batch, from those of one sentence: padding takes part in
/// all but the output layer.
double operations_of(const SequenceModel& model, Tape& tape, const Batch& batch) {
  Batch sentence = longest_sentence(batch);
  const auto count = [&] {
    const FlopCount flops;
    model.loss(tape, sentence, {});
    tape.backward();
    return flops.value();
  };
  const double all = count();
  std::vector<TokenId>& predicted = sentence.target_output.tokens;
  std::fill(predicted.begin() + 1, predicted.end(), kPad);
  const double one = count();
  const auto steps = static_cast<double>(predicted.size());
  const double output = steps > 1 ? (all - one) / (steps - 1) : 0.0;
  const auto sentences = static_cast<double>(batch.target_input.batch);
  const double padding = sentences * steps - static_cast<double>(batch.target_tokens);
  return sentences * all - padding * output;
}

/// Operations of the whole training.
double flops_of(const ModelOptions& options, const NamedModel& model,
                const TrainingSample& sample) {
  return training_flops_per_token(options, model.training.batch, sample) *
         static_cast<double>(model.training.limits.max_tokens);
}

}  // namespace

TrainingSample load_training_sample(const DataOptions& data) {
  const ParallelText train = load_text(data, Split::train);
  const TokenizerPair tokenizers = TokenizerPair::train(data.tokenizer, train.source, train.target);
  TrainingSample sample;
  sample.sizes = vocabulary_sizes(data, tokenizers);
  sample.pairs = make_training_corpus(data, train, tokenizers);
  return sample;
}

const TrainingSample& TrainingSamples::of(const DataOptions& data) const {
  const std::string key = write_section("data", data_keys(), data);
  const auto found = samples_.find(key);
  if (found != samples_.end()) return found->second;
  return samples_.emplace(key, load_training_sample(data)).first->second;
}

double training_flops_per_token(const ModelOptions& options, const BatchOptions& batches,
                                const TrainingSample& sample) {
  const std::unique_ptr<SequenceModel> model = make_model(options, sample.sizes, /*seed=*/1);
  std::vector<Real> gradients(model->parameters().values().size(), Real(0));
  Random random(1, "dropout");
  Tape tape(model->parameters().values(), gradients, &random);
  const Batches training(sample.pairs, batches, /*seed=*/1);
  const std::size_t count = training.per_epoch(/*epoch=*/0);
  const std::size_t stride = std::max<std::size_t>(1, count / kSampleBatches);
  double operations = 0;
  double tokens = 0;
  for (std::size_t i = 0; i < count; i += stride) {
    const Batch batch = training.batch(/*epoch=*/0, i);
    operations += operations_of(*model, tape, batch);
    tokens += static_cast<double>(batch.target_tokens);
  }
  return operations / tokens;
}

void match_widths(Experiment& experiment, const TrainingSamples& samples) {
  for (const NamedModel& model : experiment.models) {
    if (model.budget.match != Match::flops || model.training.limits.max_tokens > 0) continue;
    throw UsageError(fmt::format(
        "match = flops is about the whole training, so that its length must be known: set "
        "training.max_tokens for {}",
        model.name));
  }
  for (NamedModel& model : experiment.models) {
    if (model.budget.match != Match::parameters && model.budget.match != Match::flops) continue;
    if (model.budget.match == Match::parameters && model.budget.budget > kMostParameters) {
      throw UsageError(fmt::format("budget = {} for {}: expected {} parameters at most",
                                   model.budget.budget, model.name, kMostParameters));
    }
    const TrainingSample& sample = samples.of(model.data);
    match_model(model, model.budget.budget, [&](const ModelOptions& options) {
      return model.budget.match == Match::parameters ? parameters_of(options, sample)
                                                     : flops_of(options, model, sample);
    });
  }
}

std::string size_report(const Experiment& experiment, const TrainingSamples& samples) {
  std::size_t widest = 5;
  for (const NamedModel& model : experiment.models) widest = std::max(widest, model.name.size());
  std::string text = fmt::format("{:<{}}{:>8}{:>12}{:>12}{:>10}{:>12}{:>14}\n", "model", widest + 2,
                                 "width", "embeddings", "body", "output", "all", "MFLOP/token");
  for (const NamedModel& model : experiment.models) {
    const TrainingSample& sample = samples.of(model.data);
    const ParameterCounts counts =
        count_parameters(make_model(model.options, sample.sizes, /*seed=*/1)->parameters());
    const double flops = training_flops_per_token(model.options, model.training.batch, sample);
    const BudgetOptions& budget = model.budget;
    std::string from_budget;
    if (budget.match == Match::parameters) {
      from_budget = fmt::format("  {:+.2f} % of budget",
                                100.0 * off(static_cast<double>(counts.all()), budget.budget));
    } else if (budget.match == Match::flops) {
      from_budget = fmt::format("  {:+.2f} % of budget",
                                100.0 * off(flops_of(model.options, model, sample), budget.budget));
    }
    text += fmt::format("{:<{}}{:>8}{:>12}{:>12}{:>10}{:>12}{:>14.2f}{}\n", model.name, widest + 2,
                        model.options.width, counts.embeddings, counts.body, counts.output,
                        counts.all(), flops / 1e6, from_budget);
  }
  return text;
}

}  // namespace seqlab
