#include "seqlab/evaluation/evaluate.hpp"

#include "seqlab/error.hpp"

#include <algorithm>
#include <cstdint>

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

// What is known of each sentence, or of those of a bucket.
struct Records {
  std::vector<BleuStatistics> bleu;
  std::vector<ChrfStatistics> chrf;
  std::vector<ChrfStatistics> chrf_plus;
  std::vector<char> exact;

  void append(const Records& from, std::size_t i) {
    bleu.push_back(from.bleu[i]);
    chrf.push_back(from.chrf[i]);
    chrf_plus.push_back(from.chrf_plus[i]);
    exact.push_back(from.exact[i]);
  }
};

ChrfOptions chrf_plus_options() {
  ChrfOptions options;
  options.word_order = 2;
  return options;
}

Records make_records(const std::vector<std::string>& hypotheses,
                     const std::vector<std::string>& references, const BleuOptions& options) {
  const std::vector<std::vector<std::string>> lists = {references};
  Records records;
  records.bleu = bleu_statistics(hypotheses, lists, options);
  records.chrf = chrf_statistics(hypotheses, lists, ChrfOptions{});
  records.chrf_plus = chrf_statistics(hypotheses, lists, chrf_plus_options());
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    records.exact.push_back(hypotheses[i] == references[i]);
  }
  return records;
}

double ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

Measures measure(const Records& records, const BleuOptions& options) {
  Measures measures;
  measures.sentences = static_cast<Index>(records.exact.size());
  measures.bleu = bleu_score(records.bleu, options);
  measures.chrf = chrf_score(records.chrf, ChrfOptions{});
  measures.chrf_plus = chrf_score(records.chrf_plus, chrf_plus_options());
  measures.sentence_accuracy =
      ratio(std::count(records.exact.begin(), records.exact.end(), 1), measures.sentences);
  measures.length_ratio = ratio(measures.bleu.hypothesis_length, measures.bleu.reference_length);
  return measures;
}

ForcedMeasures measure(const LossSum& sum) {
  return {sum.perplexity(), ratio(sum.correct, sum.tokens), sum.tokens};
}

}  // namespace

Evaluation evaluate(const std::vector<std::string>& hypotheses,
                    const std::vector<std::string>& references,
                    const std::vector<Index>& source_lengths,
                    const std::vector<LengthBucket>& buckets, const std::vector<LossSum>& forced,
                    const BleuOptions& bleu_options) {
  check(hypotheses.size() == references.size() && hypotheses.size() == source_lengths.size(),
        "{} hypotheses, {} references and {} source lengths", hypotheses.size(), references.size(),
        source_lengths.size());
  check(forced.empty() || forced.size() == buckets.size(), "{} sums for {} length buckets",
        forced.size(), buckets.size());
  if (hypotheses.empty()) throw RuntimeFailure("there are no sentences to evaluate");

  const Records records = make_records(hypotheses, references, bleu_options);
  std::vector<Records> parts(buckets.size());
  for (std::size_t i = 0; i < hypotheses.size(); ++i) {
    parts[find_bucket(buckets, source_lengths[i])].append(records, i);
  }

  Evaluation evaluation;
  evaluation.all = measure(records, bleu_options);
  LossSum all_forced;
  for (const LossSum& sum : forced) all_forced += sum;
  if (!forced.empty()) evaluation.all.forced = measure(all_forced);
  for (std::size_t b = 0; b < buckets.size(); ++b) {
    check(forced.empty() || forced[b].sentence_nll.size() == parts[b].exact.size(),
          "{} scored and {} translated sentences of a length",
          forced.empty() ? 0 : forced[b].sentence_nll.size(), parts[b].exact.size());
    if (parts[b].exact.empty()) continue;
    Measures measures = measure(parts[b], bleu_options);
    if (!forced.empty()) measures.forced = measure(forced[b]);
    evaluation.by_length.push_back({buckets[b], std::move(measures)});
  }
  evaluation.bleu_signature = to_string(signature(bleu_options, 1));
  evaluation.chrf_signature = to_string(signature(ChrfOptions{}, 1));
  evaluation.chrf_plus_signature = to_string(signature(chrf_plus_options(), 1));
  return evaluation;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
