#pragma once

// Transformer encoder (Vaswani 2017). Its summary is the mean of its annotations.

#include "seqlab/models/encoder.hpp"
#include "seqlab/models/transformer_stack.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

class TransformerEncoder : public Encoder {
 public:
  TransformerEncoder(const ModelOptions& options, Parameter embedding, ParameterStore& store);
  Encoded encode(Tape& tape, const TokenBatch& source) const override;
  EncodedWidths widths() const override { return {width_, width_, width_}; }

 private:
  Parameter embedding_;
  Index width_;
  TransformerStack stack_;
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
