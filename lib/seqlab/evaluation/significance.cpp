#include "seqlab/evaluation/significance.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "seqlab/error.hpp"
#include "seqlab/evaluation/numpy_random.hpp"

namespace seqlab {
namespace {

using Sums = std::vector<std::int64_t>;

BleuStatistics to_bleu(std::span<const std::int64_t> sums, std::size_t orders) {
  BleuStatistics statistics;
  statistics.hypothesis_length = sums[0];
  statistics.reference_length = sums[1];
  const auto correct = sums.begin() + 2;
  const auto total = correct + static_cast<std::ptrdiff_t>(orders);
  statistics.correct.assign(correct, total);
  statistics.total.assign(total, sums.end());
  return statistics;
}

ChrfStatistics to_chrf(std::span<const std::int64_t> sums) {
  ChrfStatistics statistics;
  for (std::size_t i = 0; i < sums.size(); i += 3) {
    statistics.orders.push_back({sums[i], sums[i + 1], sums[i + 2]});
  }
  return statistics;
}

void add(Sums& sums, std::span<const std::int64_t> row) {
  for (std::size_t c = 0; c < row.size(); ++c) sums[c] += row[c];
}

/// Calls `use` with the sentences of each resample.
template <typename Use>
void resample(std::size_t sentences, std::size_t resamples, std::uint32_t seed, Use use) {
  NumpyRandom random(seed);
  std::vector<std::uint32_t> drawn(sentences);
  for (std::size_t r = 0; r < resamples; ++r) {
    for (std::uint32_t& sentence : drawn) {
      sentence = random.below(static_cast<std::uint32_t>(sentences));
    }
    use(std::span<const std::uint32_t>(drawn));
  }
}

double score_of(const SentenceCounts& system, std::span<const std::uint32_t> sentences) {
  Sums sums(system.columns());
  for (const std::uint32_t sentence : sentences) add(sums, system.row(sentence));
  return system.score(sums);
}

double p_value(std::size_t count, std::size_t trials) {
  return static_cast<double>(count + 1) / static_cast<double>(trials + 1);
}

void check_paired(const SentenceCounts& a, const SentenceCounts& b) {
  check(a.sentences() == b.sentences() && a.columns() == b.columns() && a.sentences() > 0,
        "a paired test of {} sentences with {} counts and {} with {}", a.sentences(), a.columns(),
        b.sentences(), b.columns());
}

}  // namespace

SentenceCounts::SentenceCounts(std::span<const BleuStatistics> sentences,
                               const BleuOptions& options)
    : sentences_(sentences.size()), columns_(2 + 2 * options.max_order) {
  for (const BleuStatistics& sentence : sentences) {
    values_.insert(values_.end(), {sentence.hypothesis_length, sentence.reference_length});
    values_.insert(values_.end(), sentence.correct.begin(), sentence.correct.end());
    values_.insert(values_.end(), sentence.total.begin(), sentence.total.end());
  }
  score_ = [options](std::span<const std::int64_t> sums) {
    return bleu_score(to_bleu(sums, options.max_order), options).score;
  };
}

SentenceCounts::SentenceCounts(std::span<const ChrfStatistics> sentences,
                               const ChrfOptions& options)
    : sentences_(sentences.size()), columns_(3 * (options.char_order + options.word_order)) {
  for (const ChrfStatistics& sentence : sentences) {
    for (const ChrfStatistics::Order& order : sentence.orders) {
      values_.insert(values_.end(), {order.hypothesis, order.reference, order.matches});
    }
  }
  score_ = [options](std::span<const std::int64_t> sums) {
    return chrf_score(to_chrf(sums), options);
  };
}

SentenceCounts::SentenceCounts(const std::vector<bool>& right)
    : sentences_(right.size()), columns_(2), coarse_(true) {
  for (const bool is_right : right) values_.insert(values_.end(), {is_right ? 1 : 0, 1});
  score_ = [](std::span<const std::int64_t> sums) {
    return 100.0 * static_cast<double>(sums[0]) / static_cast<double>(sums[1]);
  };
}

double SentenceCounts::score() const {
  Sums sums(columns_);
  for (std::size_t i = 0; i < sentences_; ++i) add(sums, row(i));
  return score_(sums);
}

SentenceCounts& SentenceCounts::operator+=(const SentenceCounts& other) {
  check_paired(*this, other);
  for (std::size_t i = 0; i < values_.size(); ++i) values_[i] += other.values_[i];
  return *this;
}

SentenceCounts& SentenceCounts::operator*=(std::int64_t times) {
  for (std::int64_t& value : values_) value *= times;
  return *this;
}

BootstrapInterval bootstrap_interval(const SentenceCounts& system, std::size_t resamples,
                                     std::uint32_t seed) {
  check(system.sentences() > 0 && resamples > 0, "a bootstrap of nothing");
  std::vector<double> scores;
  resample(system.sentences(), resamples, seed,
           [&](auto drawn) { scores.push_back(score_of(system, drawn)); });
  std::ranges::sort(scores);
  const std::size_t cut = scores.size() / 40;
  return {std::accumulate(scores.begin(), scores.end(), 0.0) / static_cast<double>(scores.size()),
          0.5 * (scores[scores.size() - cut - 1] - scores[cut])};
}

double paired_bootstrap(const SentenceCounts& baseline, const SentenceCounts& system,
                        std::size_t resamples, std::uint32_t seed) {
  check_paired(baseline, system);
  if (baseline == system) return 1;
  const double observed = std::abs(baseline.score() - system.score());
  std::vector<double> differences;
  resample(baseline.sentences(), resamples, seed, [&](auto drawn) {
    differences.push_back(std::abs(score_of(system, drawn) - score_of(baseline, drawn)));
  });
  const double mean = std::accumulate(differences.begin(), differences.end(), 0.0) /
                      static_cast<double>(differences.size());
  const auto count = std::ranges::count_if(
      differences, [&](double difference) { return difference - mean > observed; });
  return p_value(static_cast<std::size_t>(count), resamples);
}

double approximate_randomisation(const SentenceCounts& baseline, const SentenceCounts& system,
                                 std::size_t trials, std::uint32_t seed) {
  check_paired(baseline, system);
  if (baseline == system) return 1;
  const std::size_t columns = baseline.columns();
  Sums system_sums(columns);
  Sums both(columns);  // of the two pseudo-systems: whoever has a sentence, the other has its twin
  Sums differences;    // baseline - system, sentence by sentence
  for (std::size_t i = 0; i < baseline.sentences(); ++i) {
    add(system_sums, system.row(i));
    add(both, system.row(i));
    add(both, baseline.row(i));
    for (std::size_t c = 0; c < columns; ++c) {
      differences.push_back(baseline.row(i)[c] - system.row(i)[c]);
    }
  }
  const double observed = std::abs(baseline.score() - system.score());
  constexpr double kRounding = 1e-9;
  const double exceeded = baseline.coarse() ? observed - kRounding : observed;
  NumpyRandom random(seed);
  std::size_t count = 0;
  Sums first(columns);
  Sums second(columns);
  for (std::size_t trial = 0; trial < trials; ++trial) {
    first = system_sums;
    for (std::size_t i = 0; i < baseline.sentences(); ++i) {
      const std::int64_t mask = random.coin() ? -1 : 0;
      const std::int64_t* difference = differences.data() + i * columns;
      for (std::size_t c = 0; c < columns; ++c) first[c] += mask & difference[c];
    }
    for (std::size_t c = 0; c < columns; ++c) second[c] = both[c] - first[c];
    if (std::abs(baseline.score(first) - baseline.score(second)) > exceeded) ++count;
  }
  return p_value(count, trials);
}

std::vector<double> holm(std::span<const double> p_values) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p_values.size(); ++i) {
    if (!std::isnan(p_values[i])) order.push_back(i);
  }
  std::ranges::stable_sort(order, {}, [&](std::size_t i) { return p_values[i]; });
  std::vector<double> adjusted(p_values.begin(), p_values.end());
  double largest = 0;
  for (std::size_t rank = 0; rank < order.size(); ++rank) {
    const double scaled = static_cast<double>(order.size() - rank) * p_values[order[rank]];
    largest = std::max(largest, std::min(1.0, scaled));
    adjusted[order[rank]] = largest;
  }
  return adjusted;
}

}  // namespace seqlab
