#pragma once

// Text from a language model, token by token: by the most probable token, or drawn from the
// model's distribution, sharpened or flattened by a temperature and cut to its k most probable
// tokens (Fan 2018) or to the fewest that hold a share p (nucleus sampling, Holtzman 2020).

#include <cstdint>
#include <functional>

#include "seqlab/decoding/step_model.hpp"
#include "seqlab/tensor/random.hpp"

namespace seqlab {

struct SamplingOptions {
  double temperature = 1.0;  ///< 0: always the most probable token
  Index top_k = 0;           ///< 0: no such cut
  double top_p = 1.0;        ///< 1: no such cut
  Index tokens = 100;        ///< most new tokens
  bool one_line = false;     ///< kEos ends the text; else it is the end of a line
  /// Positions that the model reads at most. A longer text goes on from its last half.
  Index context = 256;
  std::uint64_t seed = 1;
};

/// Throws UsageError that names the option which is out of range, and the range.
void validate(const SamplingOptions& options);

inline namespace SEQLAB_PRECISION {

/// Draws from softmax(logits / temperature) after the cuts; never kPad, kBos or kUnk.
TokenId sample_token(const Real* logits, Index vocabulary, const SamplingOptions& options,
                     Random& random);

/// Logits [1, V] of the token after kBos and a text.
using NextLogits = std::function<Matrix(const Sentence& window)>;

/// The prompt with what follows it; kEos stands for line ends. Each token read is computed once
/// and then kept in the model's cache.
Sentence generate(const StepModel& model, const Sentence& prompt, const SamplingOptions& options);

/// The same tokens without a cache: `next` reads the text from its beginning each time.
Sentence generate_uncached(const NextLogits& next, const Sentence& prompt,
                           const SamplingOptions& options);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
