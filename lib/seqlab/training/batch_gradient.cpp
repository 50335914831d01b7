#include "seqlab/training/batch_gradient.hpp"

#include <algorithm>
#include <bit>

#include "seqlab/error.hpp"
#include "seqlab/tensor/flops.hpp"
#include "seqlab/tensor/profile.hpp"
#include "seqlab/training/optimizer.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

std::size_t shards_of_each_rank(std::int64_t shards, const Communicator& communicator) {
  const std::int64_t ranks = communicator.size();
  const auto each = static_cast<std::size_t>(shards / ranks);
  if (ranks == 1 || (shards % ranks == 0 && std::has_single_bit(each))) return each;
  throw UsageError(fmt::format(
      "shards = {} cannot be shared by {} ranks: expected {} (one for each rank), or 2, 4, 8, ... "
      "times as many",
      shards, ranks, ranks));
}

struct BatchGradient::Shard {
  explicit Shard(const ParameterStore& parameters)
      : gradient(parameters.values().size(), Real(0)),
        tape(parameters.values(), gradient, &random) {}

  FlatBuffer gradient;
  Random random{0, "dropout"};
  Tape tape;
  Batch batch;
  double flops = 0.0;
};

BatchGradient::BatchGradient(const SequenceModel& model, const Corpus& corpus,
                             const TrainingOptions& options, Workers& workers,
                             Communicator& communicator)
    : model_(model),
      corpus_(corpus),
      options_(options),
      workers_(workers),
      communicator_(communicator) {
  if (options.precision == Precision::bf16) {
    require_bf16_products();
    rounded_.emplace(model.parameters().values());
  } else {
    packed_.emplace(model.parameters().values());
  }
  const std::size_t count = shards_of_each_rank(options.shards, communicator);
  first_ = static_cast<std::size_t>(communicator.rank()) * count;
  for (std::size_t i = 0; i < count; ++i) {
    shards_.push_back(std::make_unique<Shard>(model.parameters()));
  }
}

BatchGradient::~BatchGradient() = default;

std::span<const Real> BatchGradient::values() const { return shards_[0]->gradient; }

/// Sentence i goes to shard i % shards, since neighbours have similar lengths. With fewer sentences
/// than shards the last ones stay empty.
void BatchGradient::cut(const Batch& batch) {
  const std::size_t size = batch.sentences.size();
  const std::size_t count = std::min(static_cast<std::size_t>(options_.shards), size);
  for (std::size_t own = 0; own < shards_.size(); ++own) {
    Batch& shard = shards_[own]->batch;
    shard.sentences.clear();
    if (first_ + own >= count) continue;
    for (std::size_t i = first_ + own; i < size; i += count) {
      shard.sentences.push_back(batch.sentences[i]);
    }
    fill_batch(corpus_.source, corpus_.target, shard);
  }
}

LossSum BatchGradient::compute(const Batch& batch, std::int64_t update) {
  cut(batch);
  const LossOptions loss_options{static_cast<Real>(options_.label_smoothing),
                                 static_cast<Real>(1.0 / static_cast<double>(batch.target_tokens))};
  PooledVector<LossSum> losses(static_cast<std::size_t>(options_.shards));
  if (rounded_) rounded_->update(workers_);
  if (packed_) packed_->update(workers_);
  workers_.run(static_cast<Index>(shards_.size()), [&](Index i) {
    const Bf16Products products(rounded_ ? &*rounded_ : nullptr);
    const PackedProducts packed_products(packed_ ? &*packed_ : nullptr);
    Shard& shard = *shards_[static_cast<std::size_t>(i)];
    const FlopCount flops;
    {
      const ProfiledOperation operation("clear gradients");
      std::fill(shard.gradient.begin(), shard.gradient.end(), Real(0));
    }
    shard.flops = 0.0;
    if (shard.batch.sentences.empty()) return;
    const std::size_t number = first_ + static_cast<std::size_t>(i);
    shard.random = Random(options_.seed, "dropout", static_cast<std::uint64_t>(update), number);
    losses[number] = model_.loss(shard.tape, shard.batch, loss_options);
    shard.tape.backward();
    shard.flops = flops.value();
  });

  PooledVector<std::span<Real>> gradients;
  flops_ = 0.0;
  for (const std::unique_ptr<Shard>& shard : shards_) {
    gradients.emplace_back(shard->gradient);
    flops_ += shard->flops;
  }
  communicator_.collect({&flops_, 1});
  if (communicator_.size() > 1) {
    const ProfiledOperation operation("sum over ranks");
    add_pairwise(gradients, workers_);
    communicator_.sum(gradients[0], workers_);
    gradients.resize(1);
  }
  norm_ = sum_gradients(gradients, workers_);
  return total_loss(losses, communicator_);
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
