#pragma once

// The models that a config can name. A new model is one file pair, one line in registry.cpp, one
// options struct; the invariant tests pick it up from here.

#include <memory>
#include <string>
#include <vector>

#include "seqlab/models/options.hpp"
#include "seqlab/models/sequence_model.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

struct VocabularySizes {
  Index source = 0;
  Index target = 0;
};

struct ModelFamily {
  std::string name;         ///< as written in a config: family = NAME
  std::string description;  ///< one line, with the paper
  ModelOptions defaults;    ///< what the family means; a config may override each option
};

/// All families, in the order of the story: rnn, lstm, gru, ..., transformer.
const std::vector<ModelFamily>& model_families();
/// Throws UsageError that lists the families when there is none of that name.
const ModelFamily& find_family(const std::string& name);

/// Throws UsageError when the options do not fit together (what, and what would).
std::unique_ptr<SequenceModel> make_model(const ModelOptions& options, VocabularySizes sizes,
                                          std::uint64_t seed);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
