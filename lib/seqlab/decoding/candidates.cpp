#include "seqlab/decoding/candidates.hpp"

#include <algorithm>
#include <cmath>

#include "seqlab/error.hpp"
#include "seqlab/tensor/profile.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

static_assert(kPad < kEos && kBos < kEos, "tokens from kEos on are those that may follow");

void LogitRow::read(const Real* logits, Index vocabulary) {
  const ProfiledOperation operation("search");
  check(vocabulary > kEos, "a target vocabulary of {} tokens has no end mark", vocabulary);
  logits_ = logits;
  vocabulary_ = vocabulary;
  block_max_.clear();
  Real total = 0;  // NaN if a logit is, which a maximum does not show
  for (Index begin = kEos; begin < vocabulary; begin += kBlock) {
    const Index size = std::min(kBlock, vocabulary - begin);
    block_max_.push_back(max_value(logits + begin, size));
    total += sum(logits + begin, size);
  }
  largest_ = std::max(
      {logits[kPad], logits[kBos], *std::max_element(block_max_.begin(), block_max_.end())});
  if (!std::isfinite(largest_) || std::isnan(total + logits[kPad] + logits[kBos])) {
    throw RuntimeFailure(
        "the model predicts numbers that are not finite: its training diverged or its file is "
        "damaged; use an earlier checkpoint or train with a smaller learning rate");
  }
}

double LogitRow::log_sum_exp() const {
  const ProfiledOperation operation("softmax");
  const double total = static_cast<double>(sum_exp(logits_, vocabulary_, largest_));
  // The largest term is 1, so rounding must not give a token a log-probability above 0.
  return static_cast<double>(largest_) + std::log(std::max(1.0, total));
}

TokenId LogitRow::best_token() const {
  const auto largest = std::max_element(block_max_.begin(), block_max_.end());
  const auto block = static_cast<std::size_t>(largest - block_max_.begin());
  const Real* begin = logits_ + block_begin(block);
  return static_cast<TokenId>(std::find(begin, logits_ + block_end(block), *largest) - logits_);
}

void BestCandidates::add(const LogitRow& row, Index parent, double parent_log_probability) {
  const double log_sum = row.log_sum_exp();
  const auto extended = [&](Real logit) {
    return parent_log_probability + (static_cast<double>(logit) - log_sum);
  };
  for (std::size_t block = 0; block < row.block_max_.size(); ++block) {
    if (extended(row.block_max_[block]) <= threshold()) continue;
    const Index end = row.block_end(block);
    for (Index token = row.block_begin(block); token < end; ++token) {
      const double log_probability = extended(row.logits_[token]);
      if (log_probability > threshold()) {
        insert({log_probability, parent, static_cast<TokenId>(token)});
      }
    }
  }
}

// Candidates come in the order of (parent, token): a new one goes behind its equals.
void BestCandidates::insert(const Candidate& candidate) {
  if (best_.size() == capacity_) best_.pop_back();
  const auto place = std::upper_bound(
      best_.begin(), best_.end(), candidate,
      [](const Candidate& a, const Candidate& b) { return a.log_probability > b.log_probability; });
  best_.insert(place, candidate);
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
