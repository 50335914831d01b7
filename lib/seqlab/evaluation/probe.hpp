#pragma once

// What one vector knows of its sentence (Conneau et al. 2018; Adi et al. 2017): linear probes on
// frozen vectors, fitted on training sentences and scored on test sentences.
//
//   length   ridge regression of the number of source tokens; R^2
//   word     the token at position i of the sentence, told by a least-squares classifier (ridge
//            regression of its indicator, greatest value wins), for each bucket of lengths and
//            each position apart; accuracy, and that of always saying the most frequent token
//
// The strength of the penalty is chosen on a fifth of the training sentences.

#include <string>
#include <vector>

#include "seqlab/data/corpus.hpp"
#include "seqlab/evaluation/length_buckets.hpp"
#include "seqlab/evaluation/ridge.hpp"
#include "seqlab/models/sequence_model.hpp"

namespace seqlab {

/// A vector of each sentence.
struct SentenceVectors {
  std::string name;     ///< "encoder.summary", or "decoder.start": the states that a recurrent
                        ///< decoder starts from, side by side
  DoubleMatrix values;  ///< [N, U]
};

struct ProbeScore {
  LengthBucket bucket;
  Index position = 0;  ///< of the word, from 0; -1: the length
  Index train = 0;     ///< sentences
  Index test = 0;
  double score = 0.0;     ///< R^2 or accuracy on the test sentences
  double baseline = 0.0;  ///< 0 or the accuracy of the most frequent token of training
};

/// Probes the vectors for the lengths of the sentences, over all of them.
ProbeScore probe_length(const DoubleMatrix& train_vectors, const std::vector<Sentence>& train,
                        const DoubleMatrix& test_vectors, const std::vector<Sentence>& test);

/// Probes them for the word at every position of every bucket that has at least `kProbeTrain`
/// training and `kProbeTest` test sentences of that length. Tokens that training does not have at
/// the position count as wrong.
inline constexpr std::size_t kProbeTrain = 100;
inline constexpr std::size_t kProbeTest = 20;
std::vector<ProbeScore> probe_words(const DoubleMatrix& train_vectors,
                                    const std::vector<Sentence>& train,
                                    const DoubleMatrix& test_vectors,
                                    const std::vector<Sentence>& test,
                                    const std::vector<LengthBucket>& buckets);

inline namespace SEQLAB_PRECISION {

/// The vectors that a model makes of sources (without marks): those of SentenceVectors that it has;
/// none if it has no encoder.
std::vector<SentenceVectors> sentence_vectors(const SequenceModel& model,
                                              const std::vector<Sentence>& sources, Index threads);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
