#pragma once

// Recurrent states of decoders: to and from the rows of a DecoderState, and for analyses.

#include "seqlab/autograd/recurrent.hpp"
#include "seqlab/decoding/step_model.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

/// Shows what a decoder starts from.
inline void show_start(Tape& tape, const RecurrentStates& states) {
  for (const RecurrentState& layer : states) {
    tape.show("decoder.start", layer.h);
    if (layer.c.exists()) tape.show("decoder.start", layer.c);
  }
}

/// Appends h (and c) of each layer to the state's rows, taking them from the tape.
inline void put_states(Tape& tape, const RecurrentStates& states, DecoderState& into) {
  for (const RecurrentState& layer : states) {
    into.rows.push_back({tape.value(layer.h), -1});
    if (layer.c.exists()) into.rows.push_back({tape.value(layer.c), -1});
  }
}

/// The inverse: moves the first rows of the state onto the tape. Returns how many it took.
inline std::size_t take_states(Tape& tape, Cell cell, std::size_t layers, DecoderState& from,
                               RecurrentStates& states) {
  std::size_t next = 0;
  for (std::size_t l = 0; l < layers; ++l) {
    RecurrentState layer;
    layer.h = tape.variable(std::move(from.rows[next++].values));
    if (has_cell_state(cell)) layer.c = tape.variable(std::move(from.rows[next++].values));
    states.push_back(layer);
  }
  return next;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
