#pragma once

// Sentences as matrices of token ids, time-major: token(t, b) = tokens[t * batch + b].
// T steps, B sentences. Positions at or after a sentence's length hold kPad.

#include <cstdint>
#include <vector>

#include "seqlab/tensor/real.hpp"

namespace seqlab {

using TokenId = std::int32_t;

/// The special tokens have the same ids in every vocabulary.
inline constexpr TokenId kPad = 0;
inline constexpr TokenId kBos = 1;  ///< begin of sentence: the decoder's first input
inline constexpr TokenId kEos = 2;  ///< end of sentence
inline constexpr TokenId kUnk = 3;  ///< unknown word
inline constexpr TokenId kFirstFree = 4;

/// Token ids of one sentence, without begin and end marks.
using Sentence = std::vector<TokenId>;

struct TokenBatch {
  Index steps = 0;               ///< T, the longest sentence
  Index batch = 0;               ///< B
  std::vector<TokenId> tokens;   ///< [T*B], time-major
  std::vector<Index> lengths;    ///< [B], each in 1..T

  TokenId at(Index step, Index sentence) const {
    return tokens[static_cast<std::size_t>(step * batch + sentence)];
  }
};

/// One training batch. The source ends with kEos; the decoder reads kBos y1 .. yn and must
/// predict y1 .. yn kEos (teacher forcing).
struct Batch {
  TokenBatch source;
  TokenBatch target_input;
  TokenBatch target_output;
  std::vector<std::size_t> sentences;  ///< [B] positions in the corpus
  Index target_tokens = 0;             ///< predicted tokens, end marks included
};

/// Pads sentences into a batch: [begin?] tokens [end?]. An empty sentence without marks becomes a
/// lone kEos, since every row needs at least one position.
TokenBatch make_token_batch(const std::vector<const Sentence*>& sentences, bool begin, bool end);

/// Makes the batch of the pairs `batch.sentences` of a corpus, in the memory that the batch has.
void fill_batch(const std::vector<Sentence>& sources, const std::vector<Sentence>& targets,
                Batch& batch);

/// `sources` and `targets` are parallel; `positions` are their places in the corpus.
Batch make_batch(const std::vector<const Sentence*>& sources,
                 const std::vector<const Sentence*>& targets, std::vector<std::size_t> positions);

}  // namespace seqlab
