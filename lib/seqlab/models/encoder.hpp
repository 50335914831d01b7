#pragma once

// An encoder turns source tokens into what a decoder may look at. The bottleneck is which part
// of `Encoded` the decoder reads: the summary only, or the memory.

#include <memory>
#include <vector>

#include "seqlab/autograd/recurrent.hpp"
#include "seqlab/data/batch.hpp"
#include "seqlab/models/options.hpp"
#include "seqlab/nn/parameters.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {

struct Encoded {
  Variable memory;   ///< [S*B, M] one annotation for each source position
  Variable summary;  ///< [B, U] the whole sentence in one vector
  Variable start;    ///< [B, H] the annotation nearest the sentence's start that has read it all:
                     ///< the backward state of a bidirectional encoder, else the summary
  /// Final states of a one-directional recurrent encoder, layer by layer; else empty.
  RecurrentStates final_states;
  std::span<const Index> lengths;  ///< [B]
  Index steps = 0;                 ///< S

  Index batch() const { return static_cast<Index>(lengths.size()); }
};

/// Widths of what an encoder hands over.
struct EncodedWidths {
  Index memory = 0;
  Index summary = 0;
  Index start = 0;
};

class Encoder {
 public:
  virtual ~Encoder() = default;
  /// `source` must outlive the tape's backward pass.
  virtual Encoded encode(Tape& tape, const TokenBatch& source) const = 0;
  virtual EncodedWidths widths() const = 0;
};

/// `embedding` is the source table [V, E]; parameters are named "encoder.*".
std::unique_ptr<Encoder> make_encoder(const ModelOptions& options, Parameter embedding,
                                      ParameterStore& store);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
