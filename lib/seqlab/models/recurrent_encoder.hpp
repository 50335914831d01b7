#pragma once

// Recurrent encoder: embedding and one or more rnn, lstm or gru layers, forward or bidirectional
// (the layers of the two directions are concatenated).

#include "seqlab/models/encoder.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

class RecurrentEncoder : public Encoder {
 public:
  RecurrentEncoder(const ModelOptions& options, Cell cell, Parameter embedding,
                   ParameterStore& store);
  Encoded encode(Tape& tape, const TokenBatch& source) const override;
  EncodedWidths widths() const override;

 private:
  struct Layer {
    RecurrentParameters forward;
    RecurrentParameters backward;  ///< bidirectional only
  };

  Parameter embedding_;
  Cell cell_;
  Index width_;
  bool bidirectional_;
  double dropout_;
  std::vector<Layer> layers_;
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
