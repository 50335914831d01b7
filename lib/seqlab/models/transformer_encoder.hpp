#pragma once

// Transformer encoder (Vaswani 2017). Its summary is the mean of its annotations.

#include "seqlab/models/encoder.hpp"
#include "seqlab/nn/positions.hpp"
#include "seqlab/nn/self_attention.hpp"
#include "seqlab/nn/transformer.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

class TransformerEncoder : public Encoder {
 public:
  TransformerEncoder(const ModelOptions& options, Parameter embedding, ParameterStore& store);
  Encoded encode(Tape& tape, const TokenBatch& source) const override;
  EncodedWidths widths() const override { return {width_, width_, width_}; }

 private:
  struct Layer {
    std::unique_ptr<SelfAttention> attention;
    FeedForward feed_forward;
    Residual attention_residual, feed_forward_residual;
  };

  Parameter embedding_;
  PositionCodes codes_;
  Index width_;
  double dropout_;
  std::vector<Layer> layers_;
  Norm final_norm_;  ///< pre-norm only
};

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
