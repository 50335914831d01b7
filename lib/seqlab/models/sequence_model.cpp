#include "seqlab/models/sequence_model.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

LossSum& LossSum::operator+=(const LossSum& other) {
  negative_log_likelihood += other.negative_log_likelihood;
  smoothed += other.smoothed;
  tokens += other.tokens;
  correct += other.correct;
  sentence_nll.insert(sentence_nll.end(), other.sentence_nll.begin(), other.sentence_nll.end());
  sentence_correct.insert(sentence_correct.end(), other.sentence_correct.begin(),
                          other.sentence_correct.end());
  return *this;
}

double LossSum::perplexity() const {
  return std::exp(negative_log_likelihood / static_cast<double>(std::max<Index>(tokens, 1)));
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
