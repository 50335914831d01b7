#pragma once

// Everything that a config can say about a model. One struct per family of layers; an
// experiment's [model.NAME] section fills them.

#include <algorithm>
#include <string>

#include "seqlab/tensor/real.hpp"
#include "seqlab/tensor/recurrent_cell.hpp"

namespace seqlab {

/// none: a language model, whose decoder reads the source itself, before the target.
enum class EncoderKind { rnn, lstm, gru, transformer, none };
/// fixed_context: a recurrent decoder that sees one vector. bahdanau: attention before the step.
/// luong: attention after the step. transformer: causal self-attention, and cross-attention where
/// there is an encoder. recurrent: without an encoder, a recurrent language model.
enum class DecoderKind { fixed_context, bahdanau, luong, transformer, recurrent };

struct RecurrentOptions {
  bool bidirectional = false;  ///< encoder
  Cell cell = Cell::lstm;      ///< decoder; the encoder's cell is its kind
  /// Where a fixed context enters: `initial` as the decoder's first state only (Sutskever 2014),
  /// `every_step` also as an input of each step (Cho 2014).
  enum class Context { initial, every_step } context = Context::initial;
  /// How the decoder's first state comes from the encoder: `copy` the final states layer by layer
  /// (same cell, layers and width), or `linear`: tanh(W x + b), where x is the state nearest the
  /// source's start (Bahdanau 2014), or the summary where a fixed context is `initial`.
  enum class Bridge { copy, linear } bridge = Bridge::copy;
  /// What is projected to the vocabulary: the decoder `state`, or `deep`:
  /// tanh(W [state; embedding; context] + b), after the deep output of Bahdanau 2014, which has
  /// maxout of the state before the step.
  enum class Readout { state, deep } readout = Readout::state;
  /// Luong: scores by `dot` or `general` products.
  enum class Score { dot, general } score = Score::general;
  bool input_feeding = true;  ///< Luong: the attentional vector is an input of the next step
};

struct TransformerOptions {
  Index heads = 4;
  Index head_width = 0;  ///< of queries, keys and values; 0: the model width by heads
  /// Heads of keys and values in self-attention, shared by groups of query heads (Ainslie 2023);
  /// 1: one for all (Shazeer 2019); 0: as many as heads (Vaswani 2017).
  Index kv_heads = 0;
  /// grouped: keys and values for groups of heads. latent: all of them from one narrow vector
  /// (multi-head latent attention, DeepSeek-V2).
  enum class Attention { grouped, latent } attention = Attention::grouped;
  Index latent = 0;        ///< width of that vector; 0: four heads, as published
  Index query_latent = 0;  ///< the same for queries; 0: none
  Index rope_width = 0;    ///< latent with positions = rope: turned part of a head; 0: half a head
  /// Inner width; 0: four times the model width, or two thirds of that for swiglu, whose third
  /// matrix makes up for it.
  Index feed_forward = 0;
  enum class Norm { pre, post } norm = Norm::pre;
  /// layer: Ba 2016. rms: Zhang and Sennrich 2019.
  enum class Normalization { layer, rms } normalization = Normalization::layer;
  /// sinusoidal, learned: added to the embeddings (Vaswani 2017, Gehring 2017). rope: turns queries
  /// and keys (Su 2021). alibi: lowers scores with the distance (Press 2022). none: only a causal
  /// mask tells positions apart.
  enum class Positions { sinusoidal, learned, rope, alibi, none };
  Positions positions = Positions::sinusoidal;
  enum class Activation { relu, gelu, swiglu } activation = Activation::relu;
  /// A mixture of routed experts in place of the feed-forward layer (DeepSeekMoE, Dai 2024); 0:
  /// none.
  Index experts = 0;
  Index active_experts = 2;  ///< routed experts that a position uses
  Index shared_experts = 1;  ///< experts that every position uses
  Index expert_width = 0;    ///< inner width; 0: an even share, so that a position costs the same
  double balance = 0.01;     ///< weight of the loss that keeps all experts in use
  Index max_length = 256;    ///< of learned positions
  /// What the decoder's cross-attention sees: every position, or one vector (the mean).
  enum class Memory { all, pooled } memory = Memory::all;

  Index key_value_heads() const { return kv_heads > 0 ? kv_heads : heads; }
};

struct ModelOptions {
  EncoderKind encoder = EncoderKind::lstm;
  DecoderKind decoder = DecoderKind::fixed_context;
  Index width = 256;    ///< hidden units and model width
  Index embedding = 0;  ///< embedding width; 0: the same as `width`
  Index encoder_layers = 1;
  Index decoder_layers = 1;
  bool reverse_source = false;  ///< the encoder reads the source backwards (Sutskever 2014)
  double dropout = 0.0;
  /// `output`: the output layer is the target embedding (Press and Wolf 2017); `all`: the source
  /// embedding too (needs one joint vocabulary).
  enum class Tie { none, output, all } tie = Tie::output;
  RecurrentOptions recurrent;
  TransformerOptions transformer;

  /// Whether the decoder looks at positions of the source, in a model without an encoder among
  /// other positions.
  bool attends_to_source() const {
    if (decoder == DecoderKind::transformer) {
      return encoder == EncoderKind::none ||
             transformer.memory != TransformerOptions::Memory::pooled;
    }
    return decoder == DecoderKind::bahdanau || decoder == DecoderKind::luong;
  }
  Index head_width() const {
    return transformer.head_width > 0 ? transformer.head_width : width / transformer.heads;
  }
  Index latent_width() const {
    return transformer.latent > 0 ? transformer.latent : 4 * head_width();
  }
  /// Inner width of a feed-forward layer.
  Index feed_forward_width() const {
    if (transformer.feed_forward > 0) return transformer.feed_forward;
    if (transformer.activation != TransformerOptions::Activation::swiglu) return 4 * width;
    return (8 * width / 3 + 7) / 8 * 8;  // whole registers
  }
  Index expert_width() const {
    if (transformer.expert_width > 0) return transformer.expert_width;
    const Index used = transformer.active_experts + transformer.shared_experts;
    return std::max<Index>(1, feed_forward_width() / used);
  }
  /// The turned part of a head of latent attention.
  Index rope_width() const {
    if (transformer.positions != TransformerOptions::Positions::rope) return 0;
    return transformer.rope_width > 0 ? transformer.rope_width : (head_width() / 2 + 1) / 2 * 2;
  }
  Index embedding_width() const { return embedding > 0 ? embedding : width; }
};

}  // namespace seqlab
