#include "seqlab/training/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <system_error>
#include <utility>

#include "seqlab/training/signals.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

TrainingOptions checked(const TrainingOptions& options) {
  validate(options);
  return options;
}

const Corpus& checked(const Corpus& corpus, std::string_view name) {
  if (corpus.size() == 0) {
    throw RuntimeFailure(fmt::format(
        "the {} corpus has no sentence pair; expected one at least: check its files", name));
  }
  return corpus;
}

Index padding(const TokenBatch& batch) {
  Index padded = batch.steps * batch.batch;
  for (const Index length : batch.lengths) padded -= length;
  return padded;
}

/// 1-based line numbers of a batch, the first few of them.
std::string lines_of(const Batch& batch, const Corpus& corpus) {
  constexpr std::size_t kShown = 20;
  std::vector<std::size_t> lines;
  for (const std::size_t sentence : batch.sentences) {
    if (lines.size() < kShown) lines.push_back(corpus.line[sentence] + 1);
  }
  const std::size_t hidden = batch.sentences.size() - lines.size();
  return fmt::format("{}{}", fmt::join(lines, ", "),
                     hidden > 0 ? fmt::format(" and {} more", hidden) : "");
}

const NamedParameter* first_non_finite(const ParameterStore& parameters,
                                       std::span<const Real> gradient) {
  for (const NamedParameter& p : parameters.parameters()) {
    const auto begin = gradient.begin() + p.place.offset;
    if (!std::all_of(begin, begin + p.place.rows * p.place.cols,
                     [](Real g) { return std::isfinite(g); })) {
      return &p;
    }
  }
  return nullptr;
}

/// The best parameters that a checkpoint knows of, while best.safetensors is a later one's.
std::filesystem::path best_aside(const std::filesystem::path& run_directory) {
  return run_directory / "checkpoint" / "best.safetensors";
}

double ratio(double done, double limit) { return limit > 0 ? std::min(done / limit, 1.0) : 0.0; }

}  // namespace

Trainer::Trainer(SequenceModel& model, const Corpus& train, const Corpus& valid,
                 TrainingOptions options, std::filesystem::path run_directory,
                 Fingerprint fingerprint, TrainingLog& log, Communicator& communicator)
    : model_(model),
      train_(checked(train, "training")),
      options_(checked(options)),
      directory_(std::move(run_directory)),
      fingerprint_(std::move(fingerprint)),
      log_(log),
      communicator_(communicator),
      workers_(options.workers),
      batches_(train, options.batch, options.seed),
      optimizer_(options.optimizer, model.parameters().values().size()),
      schedule_(options.schedule, options.optimizer.learning_rate),
      gradient_(model, train, options_, workers_, communicator),
      valid_(checked(valid, "validation"), options.batch, communicator) {}

TrainingResult Trainer::run(bool resume) {
  const StopSignals signals;
  begin(resume);
  TrainingResult result;
  while (!ended(result)) {
    update();
    const bool validate_now = validation_due();
    if (validate_now) validate_model();
    const std::int64_t every = options_.checkpoint_every;
    if (every > 0 ? progress_.update % every == 0 : validate_now) save();
  }
  // The state before the last validation: with a later limit the run goes on as if never ended.
  if (saved_update_ != progress_.update) save();
  finish(result);
  return result;
}

void Trainer::begin(bool resume) {
  if (communicator_.root()) {
    std::error_code error;
    std::filesystem::create_directories(directory_, error);
    if (error) {
      throw RuntimeFailure(
          fmt::format("{}: the folder cannot be made: {}", directory_.string(), error.message()));
    }
  }
  const std::filesystem::path folder = directory_ / "checkpoint";
  started_ = Clock::now();
  const bool begun = checkpoint_exists(folder);
  communicator_.require_same("checkpoint", begun ? "there" : "not there");
  if (!begun) {
    log_.start();
    return;
  }
  if (!resume) {
    throw UsageError(
        fmt::format("{}: holds the checkpoint of a run already: resume it, choose another folder, "
                    "or remove this one",
                    directory_.string()));
  }
  progress_ = load_checkpoint(folder, model_.parameters(), optimizer_, fingerprint_);
  communicator_.require_same("checkpoint", fmt::format("update {}", progress_.update));
  take_back_best();  // not before: a checkpoint that is refused leaves the run as it is
  schedule_.restore(progress_.schedule);
  seconds_before_ = progress_.seconds;
  saved_update_ = progress_.update;
  log_.resume(progress_.train_log_bytes, progress_.valid_log_bytes);
  log_.message(fmt::format("resumed after update {}", progress_.update));
}

bool Trainer::ended(TrainingResult& result) const {
  const TrainingLimits& limits = options_.limits;
  const auto reached = [](auto done, auto limit) { return limit > 0 && done >= limit; };
  const auto limit = [&](std::string_view key, auto value) {
    result.end = TrainingResult::End::limit;
    result.reason = fmt::format("{} = {} reached", key, value);
    return true;
  };
  if (reached(progress_.update, limits.max_updates)) {
    return limit("max_updates", limits.max_updates);
  }
  if (reached(progress_.tokens, limits.max_tokens)) return limit("max_tokens", limits.max_tokens);
  if (reached(progress_.epoch, limits.max_epochs)) return limit("max_epochs", limits.max_epochs);
  if (limits.max_minutes > 0 && communicator_.any(reached(seconds() / 60.0, limits.max_minutes))) {
    return limit("max_minutes", limits.max_minutes);
  }
  if (reached(progress_.without_improvement, options_.patience)) {
    result.end = TrainingResult::End::patience;
    result.reason =
        fmt::format("no better validation loss {} times (patience)", progress_.without_improvement);
    return true;
  }
  if (communicator_.any(StopSignals::requested())) {
    result.end = TrainingResult::End::interrupted;
    result.reason = "interrupted by a signal";
    return true;
  }
  return false;
}

void Trainer::update() {
  const Clock::time_point start = Clock::now();
  batches_.read(static_cast<std::uint64_t>(progress_.epoch),
                static_cast<std::size_t>(progress_.batch), batch_);
  const Batch& batch = batch_;
  const LossSum loss = gradient_.compute(batch, progress_.update + 1);
  check_finite(loss, batch);
  progress_.flops += gradient_.flops();

  const double clip = options_.clip_norm;
  const double norm = gradient_.norm();
  const double scale = clip > 0 && norm > clip ? clip / norm : 1.0;
  const double rate = schedule_.learning_rate(progress_.update + 1, fraction_done(false));
  optimizer_.step(model_.parameters().values(), gradient_.values(), rate, scale, workers_);

  ++progress_.update;
  progress_.tokens += batch.target_tokens;
  const std::size_t epoch_size = batches_.per_epoch(static_cast<std::uint64_t>(progress_.epoch));
  if (++progress_.batch == static_cast<std::int64_t>(epoch_size)) {
    ++progress_.epoch;
    progress_.batch = 0;
  }
  LogWindow& window = progress_.window;
  ++window.updates;
  window.tokens += batch.target_tokens;
  for (const TokenBatch* side : {&batch.source, &batch.target_input}) {
    window.positions += side->steps * side->batch;
    window.padding += padding(*side);
  }
  window.negative_log_likelihood += loss.negative_log_likelihood;
  window.learning_rate = rate;
  window.gradient_norm = norm;
  window.seconds += seconds_since(start);
  log_update();
}

void Trainer::check_finite(const LossSum& loss, const Batch& batch) const {
  if (std::isfinite(loss.smoothed) && std::isfinite(gradient_.norm())) return;
  const NamedParameter* parameter = first_non_finite(model_.parameters(), gradient_.values());
  throw RuntimeFailure(fmt::format(
      "update {}: the loss is {} and the norm of the gradient {}; the first parameter whose "
      "gradient is not finite: {}. The batch has the lines {} of the training text. {} Try a lower "
      "learning_rate or clip_norm, or a longer warmup.",
      progress_.update + 1, loss.smoothed / static_cast<double>(batch.target_tokens),
      gradient_.norm(), parameter != nullptr ? parameter->name : "none", lines_of(batch, train_),
      saved_update_ >= 0 ? fmt::format("The checkpoint of update {} is kept.", saved_update_)
                         : "There is no checkpoint yet."));
}

void Trainer::log_update() {
  if (progress_.update % options_.log_every == 0) {
    log_row();
  } else if (log_.report_due()) {
    log_.report(train_row(), seconds_left());
  }
}

void Trainer::log_row() {
  log_.train(train_row(), seconds_left());
  progress_.window = {};
}

TrainRow Trainer::train_row() const {
  const LogWindow& window = progress_.window;
  const auto tokens = static_cast<double>(window.tokens);
  return {.update = progress_.update,
          .epoch = current_epoch(),
          .tokens = progress_.tokens,
          .loss = window.negative_log_likelihood / tokens,
          .tokens_per_second = tokens / window.seconds,
          .learning_rate = window.learning_rate,
          .gradient_norm = window.gradient_norm,
          .seconds = seconds(),
          .padding = static_cast<double>(window.padding) / static_cast<double>(window.positions)};
}

bool Trainer::validation_due() const {
  const std::int64_t every = options_.validate_every;
  return every > 0 ? progress_.update % every == 0 : progress_.batch == 0;
}

void Trainer::validate_model() {
  const LossSum sum = valid_.loss(model_, workers_);
  const auto tokens = static_cast<double>(sum.tokens);
  const double loss = sum.negative_log_likelihood / tokens;
  if (!std::isfinite(loss)) {
    throw RuntimeFailure(fmt::format(
        "update {}: the validation loss is {}. Try a lower learning_rate or clip_norm, or a longer "
        "warmup.",
        progress_.update, loss));
  }
  const bool best = loss < progress_.best_loss;
  progress_.last_validation = progress_.update;
  progress_.without_improvement = best ? 0 : progress_.without_improvement + 1;
  if (best) {
    progress_.best_loss = loss;
    progress_.best_update = progress_.update;
    save_best({{"update", fmt::format("{}", progress_.update)},
               {"validation_loss", fmt::format("{}", loss)}});
  }
  schedule_.validated(loss);
  if (options_.average_last >= 2) {
    if (communicator_.root()) {
      const std::filesystem::path folder = directory_ / "checkpoint";
      std::filesystem::create_directories(folder);
      save_parameters(validation_file(folder, progress_.update), model_.parameters());
    }
    std::vector<std::int64_t>& window = progress_.averaging_window;
    window.push_back(progress_.update);
    if (static_cast<std::int64_t>(window.size()) > options_.average_last) {
      window.erase(window.begin());
    }
  }
  log_.valid({.update = progress_.update,
              .epoch = current_epoch(),
              .seconds = seconds(),
              .loss = loss,
              .token_accuracy = static_cast<double>(sum.correct) / tokens,
              .best = best});
}

void Trainer::save_best(const Metadata& metadata) {
  if (!communicator_.root()) return;
  save_parameters(directory_ / "best.safetensors", model_.parameters(), metadata);
}

/// The checkpoint stays that of a run that has not ended: with a later limit it goes on with the
/// best parameters that it knows of, not with those of a validation that it never made.
void Trainer::set_best_aside() {
  if (!communicator_.root() || progress_.best_update == 0) return;
  const std::filesystem::path aside = best_aside(directory_);
  std::filesystem::path copy = aside;
  copy += ".part";
  std::filesystem::copy_file(directory_ / "best.safetensors", copy,
                             std::filesystem::copy_options::overwrite_existing);
  std::filesystem::rename(copy, aside);
}

void Trainer::take_back_best() {
  if (!communicator_.root() || !std::filesystem::exists(best_aside(directory_))) return;
  std::filesystem::rename(best_aside(directory_), directory_ / "best.safetensors");
}

void Trainer::save() {
  if (communicator_.root()) {
    progress_.seconds = seconds();
    progress_.schedule = schedule_.state();
    progress_.train_log_bytes = log_.train_bytes();
    progress_.valid_log_bytes = log_.valid_bytes();
    save_checkpoint(directory_ / "checkpoint", model_.parameters(), optimizer_, progress_,
                    fingerprint_);
  }
  saved_update_ = progress_.update;
}

void Trainer::finish(TrainingResult& result) {
  const std::vector<std::int64_t> saved_window = progress_.averaging_window;
  if (!result.interrupted()) {
    if (progress_.window.updates > 0) log_row();
    const bool validated = progress_.last_validation == progress_.update;
    if (!validated || options_.average_last >= 2) set_best_aside();
    if (!validated) validate_model();
    try_average(result);
    communicator_.wait_for_all();  // the files are read by all
    if (communicator_.root()) {
      remove_other_validation_files(directory_ / "checkpoint", saved_window);
    }
    load_parameters(directory_ / "best.safetensors", model_.parameters());
  }
  result.updates = progress_.update;
  result.epochs = progress_.epoch;
  result.tokens = progress_.tokens;
  result.seconds = seconds();
  result.flops = progress_.flops;
  result.best_loss = progress_.best_loss;
  result.best_update = progress_.best_update;
  log_.message(fmt::format("{} after {} updates, {} epochs, {} target tokens, {:.0f} s",
                           result.reason, result.updates, result.epochs, result.tokens,
                           result.seconds));
  if (result.best_update == 0) return;
  log_.message(fmt::format("best validation loss {:.4f} (perplexity {:.2f}) at update {}{}",
                           result.best_loss, std::exp(result.best_loss), result.best_update,
                           result.averaged ? ", averaged" : ""));
}

void Trainer::try_average(TrainingResult& result) {
  const std::vector<std::int64_t>& window = progress_.averaging_window;
  if (options_.average_last < 2 || window.size() < 2) return;
  communicator_.wait_for_all();  // until rank 0 has written the last file
  ParameterStore& parameters = model_.parameters();
  std::vector<double> sum(parameters.values().size(), 0.0);
  for (const std::int64_t update : window) {
    load_parameters(validation_file(directory_ / "checkpoint", update), parameters);
    std::transform(sum.begin(), sum.end(), parameters.values().begin(), sum.begin(),
                   [](double total, Real value) { return total + static_cast<double>(value); });
  }
  const auto count = static_cast<double>(window.size());
  std::transform(sum.begin(), sum.end(), parameters.values().begin(),
                 [count](double total) { return static_cast<Real>(total / count); });

  const LossSum loss_sum = valid_.loss(model_, workers_);
  const double loss = loss_sum.negative_log_likelihood / static_cast<double>(loss_sum.tokens);
  result.averaged = loss < progress_.best_loss;
  log_.message(fmt::format("average of the last {} validations: loss {:.4f}, {} than the best",
                           window.size(), loss, result.averaged ? "better" : "no better"));
  if (!result.averaged) return;
  progress_.best_loss = loss;
  progress_.best_update = progress_.update;
  save_best({{"averaged_updates", fmt::format("{}", fmt::join(window, " "))},
             {"validation_loss", fmt::format("{}", loss)}});
}

std::int64_t Trainer::current_epoch() const {
  return progress_.epoch + (progress_.batch > 0 ? 1 : 0);
}

double Trainer::seconds_left() const {
  const double fraction = fraction_done(true);
  return fraction > 0 ? seconds() * (1.0 - fraction) / fraction : -1.0;
}

double Trainer::fraction_done(bool with_time) const {
  const TrainingLimits& limits = options_.limits;
  double epochs = static_cast<double>(progress_.epoch);
  if (limits.max_epochs > 0 && progress_.batch > 0) {
    const auto epoch = static_cast<std::uint64_t>(progress_.epoch);
    epochs += static_cast<double>(progress_.batch) / static_cast<double>(batches_.per_epoch(epoch));
  }
  const double work = std::max(
      {ratio(static_cast<double>(progress_.update), static_cast<double>(limits.max_updates)),
       ratio(static_cast<double>(progress_.tokens), static_cast<double>(limits.max_tokens)),
       ratio(epochs, static_cast<double>(limits.max_epochs))});
  return with_time ? std::max(work, ratio(seconds() / 60.0, limits.max_minutes)) : work;
}

double Trainer::seconds() const { return seconds_before_ + seconds_since(started_); }

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
