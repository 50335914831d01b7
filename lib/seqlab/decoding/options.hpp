#pragma once

// What a search is asked for and what it returns.

#include <vector>

#include "seqlab/data/batch.hpp"
#include "seqlab/tensor/precision.hpp"
#include "seqlab/tensor/real.hpp"

namespace seqlab {

/// How hypotheses of different lengths are made comparable. |Y| counts the end mark.
///   none     score = log P(Y | X)
///   average  score = log P(Y | X) / |Y|                          (Cho 2014)
///   gnmt     score = log P(Y | X) / ((5 + |Y|) / 6)^alpha        (Wu 2016)
enum class LengthPenalty { none, average, gnmt };

struct DecodingOptions {
  Index beam = 5;  ///< hypotheses kept at each step; 1 is greedy search
  LengthPenalty length_penalty = LengthPenalty::gnmt;
  double alpha = 0.6;  ///< of `gnmt`; 0 is no penalty
  /// A hypothesis is cut after factor * source tokens + offset target tokens.
  double max_length_factor = 2.0;
  Index max_length_offset = 10;
  Index nbest = 1;             ///< hypotheses returned of each sentence, at most `beam`
  Index batch_sentences = 64;  ///< sentences decoded together
  bool attention = false;      ///< keep attention weights
  /// Probabilities of the translations. Greedy search can do without: it takes the largest logit,
  /// and is then spared the softmax over the vocabulary. A beam search needs them anyway.
  bool scores = true;
  Precision precision = Precision::fp32;
};

/// Throws UsageError that names the option which is out of range, and the range.
void validate(const DecodingOptions& options);

/// Most target tokens (end mark included) for a source of so many tokens; at least 1.
Index max_target_length(const DecodingOptions& options, Index source_tokens);

/// The score by which hypotheses are ranked.
double length_penalised(double log_probability, Index length, const DecodingOptions& options);

inline namespace SEQLAB_PRECISION {

struct Hypothesis {
  Sentence tokens;               ///< without begin and end marks
  double score = 0.0;            ///< log_probability with the length penalty; NaN without scores
  double log_probability = 0.0;  ///< nats, end mark included
  Index length = 0;              ///< predicted tokens, end mark included; 0 for an empty source
  /// [length][S]: the weights with which each predicted token, end mark included, was attended to
  /// the S source positions (source end mark included). Empty if not asked for or if the model
  /// has no attention.
  std::vector<std::vector<Real>> attention;
  bool finished = true;  ///< ended by itself, not cut at the maximum length
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
