#pragma once

// How much of the learning signal reaches each position of the source: the norm of the gradient of
// the loss at one target word with respect to the encoder's state h_t (Bengio et al. 1994; Pascanu
// et al. 2013). The gradient is the total one, through the later states too. Encoders that read in
// both directions have two states at each position; their gradients count together.

#include <vector>

#include "seqlab/models/sequence_model.hpp"

namespace seqlab {

/// Which word's loss flows back. The last has the longest way through a recurrent decoder.
enum class TargetWord { first, last };

struct StateGradient {
  /// Steps from the state to the predicted word along the recurrences: those to the end of the
  /// source and those from the start of the target.
  Index distance = 0;
  double norm = 0.0;
};

/// Means over sentences of the gradients at one distance.
struct GradientFlow {
  Index distance = 0;
  Index count = 0;         ///< gradients
  double norm = 0.0;       ///< geometric mean
  double deviation = 1.0;  ///< geometric standard deviation: 68 % lie within norm */ deviation
  double share = 0.0;      ///< geometric mean of norm / (sum of the sentence's norms)
};

/// Collects the gradients of sentences.
class GradientFlowSums {
 public:
  void add(const std::vector<StateGradient>& sentence);
  /// By increasing distance; distances with fewer than `least` gradients are left out.
  std::vector<GradientFlow> means(Index least) const;

 private:
  struct Logs {
    Index distance = 0;
    Index count = 0;
    double norm = 0.0;         // sums of logarithms
    double norm_square = 0.0;  // of their squares
    double share = 0.0;
  };
  std::vector<Logs> logs_;  // sorted by distance
};

inline namespace SEQLAB_PRECISION {

/// The gradients at the positions of a source (its end mark included) in the order in which the
/// encoder reads; none if the model has no encoder. Neither sentence may be empty. The model must
/// be free of dropout and of losses beside that of the words (TransformerOptions::balance = 0).
std::vector<StateGradient> state_gradients(const SequenceModel& model, const Sentence& source,
                                           const Sentence& target, TargetWord word);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
