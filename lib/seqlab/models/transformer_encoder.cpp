#include "seqlab/models/transformer_encoder.hpp"

#include "seqlab/autograd/layout.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

TransformerEncoder::TransformerEncoder(const ModelOptions& options, Parameter embedding,
                                       ParameterStore& store)
    : embedding_(embedding),
      width_(options.width),
      stack_(options, options.encoder_layers, "encoder", store) {}

Encoded TransformerEncoder::encode(Tape& tape, const TokenBatch& source) const {
  const Variable embedded = scaled_embedding(tape, embedding_, source.tokens);
  const Variable x = stack_.forward(tape, embedded,
                                    time_major_positions(tape, source.steps, source.batch),
                                    source.lengths, /*causal=*/false);
  tape.show("encoder.states", x);
  Encoded encoded;
  encoded.memory = x;
  encoded.summary = encoded.start = mean_over_steps(tape, x, source.lengths);
  encoded.lengths = source.lengths;
  encoded.steps = source.steps;
  return encoded;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
