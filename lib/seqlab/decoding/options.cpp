#include "seqlab/decoding/options.hpp"

#include <algorithm>
#include <cmath>

#include "seqlab/error.hpp"

namespace seqlab {

void validate(const DecodingOptions& options) {
  const auto require = [](bool holds, const char* name, auto value, const char* range) {
    if (!holds) throw UsageError(fmt::format("{} is {}: expected {}", name, value, range));
  };
  require(options.beam >= 1, "beam size", options.beam, "at least 1");
  require(options.nbest >= 1, "n-best size", options.nbest, "at least 1");
  if (options.nbest > options.beam) {
    throw UsageError(fmt::format(
        "n-best size is {} but the beam keeps only {} hypotheses: expected a beam of at "
        "least {}",
        options.nbest, options.beam, options.nbest));
  }
  require(std::isfinite(options.alpha) && options.alpha >= 0, "length penalty alpha", options.alpha,
          "0 or more");
  require(std::isfinite(options.max_length_factor) && options.max_length_factor >= 0,
          "maximum length factor", options.max_length_factor, "0 or more");
  require(options.max_length_offset >= 0, "maximum length offset", options.max_length_offset,
          "0 or more");
  require(options.batch_sentences >= 1, "decoding batch", options.batch_sentences,
          "at least 1 sentence");
}

Index max_target_length(const DecodingOptions& options, Index source_tokens) {
  const double scaled = options.max_length_factor * static_cast<double>(source_tokens);
  return std::max<Index>(1, static_cast<Index>(scaled) + options.max_length_offset);
}

double length_penalised(double log_probability, Index length, const DecodingOptions& options) {
  const double size = static_cast<double>(length);
  switch (options.length_penalty) {
    case LengthPenalty::none:
      return log_probability;
    case LengthPenalty::average:
      return log_probability / size;
    case LengthPenalty::gnmt:
      return log_probability / std::pow((5.0 + size) / 6.0, options.alpha);
  }
  throw std::logic_error("unknown length penalty");
}

}  // namespace seqlab
