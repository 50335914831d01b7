#pragma once

// All measures of a test set, over the whole of it and by the length of the source.

#include <optional>
#include <string>
#include <vector>

#include "seqlab/evaluation/bleu.hpp"
#include "seqlab/evaluation/chrf.hpp"
#include "seqlab/evaluation/length_buckets.hpp"
#include "seqlab/models/sequence_model.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// What the model thinks of the references (teacher forcing).
struct ForcedMeasures {
  double perplexity = 0.0;      ///< per target token, end marks included
  double token_accuracy = 0.0;  ///< share of tokens whose most probable prediction is right
  Index tokens = 0;
};

struct Measures {
  Index sentences = 0;
  BleuScore bleu;
  double chrf = 0.0;               ///< chrF2
  double chrf_plus = 0.0;          ///< chrF2++
  double sentence_accuracy = 0.0;  ///< share of hypotheses that are the reference, letter by letter
  double length_ratio = 0.0;       ///< hypotheses to references, in the tokens of BLEU
  std::optional<ForcedMeasures> forced;
};

struct BucketMeasures {
  LengthBucket bucket;
  Measures measures;
};

struct Evaluation {
  Measures all;
  std::vector<BucketMeasures> by_length;  ///< buckets without sentences are left out
  std::string bleu_signature;
  std::string chrf_signature;
  std::string chrf_plus_signature;
};

/// `source_lengths` are those of the hypotheses' sources. `forced` holds a sum for each bucket (see
/// score_by_length), or nothing if no model is at hand.
/// Throws RuntimeFailure if there are no sentences and std::logic_error if sizes do not agree.
Evaluation evaluate(const std::vector<std::string>& hypotheses,
                    const std::vector<std::string>& references,
                    const std::vector<Index>& source_lengths,
                    const std::vector<LengthBucket>& buckets, const std::vector<LossSum>& forced,
                    const BleuOptions& bleu_options);

/// All of it as an object, `by_length` as a list; what is unknown is null. Ends with a line end.
std::string evaluation_json(const Evaluation& evaluation);

/// A header and a row for each bucket: low,high,sentences,bleu,chrf2,chrf2++,sentence_accuracy,
/// length_ratio,perplexity,token_accuracy,target_tokens. What is unknown, and the upper end of the
/// open bucket, is empty.
std::string by_length_csv(const Evaluation& evaluation);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
