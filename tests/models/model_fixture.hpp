#pragma once

// Small models of every kind that a config can express, and random sentences for them.

#include <memory>
#include <string>
#include <vector>

#include "seqlab/models/registry.hpp"

namespace seqlab {

inline constexpr VocabularySizes kSmallVocabulary{17, 17};

struct SmallModel {
  std::string name;
  ModelOptions options;
};

inline ModelOptions small(ModelOptions options) {
  options.width = 12;
  options.transformer.heads = 2;
  options.transformer.max_length = 40;
  options.encoder_layers = std::min<Index>(options.encoder_layers, 2);
  options.decoder_layers = std::min<Index>(options.decoder_layers, 2);
  return options;
}

/// Every registered family, and the options that the families leave at their defaults.
inline std::vector<SmallModel> small_models() {
  std::vector<SmallModel> models;
  for (const ModelFamily& family : model_families()) {
    models.push_back({family.name, small(family.defaults)});
  }
  const auto variant = [&](const std::string& family, const std::string& what, auto change) {
    ModelOptions options = small(find_family(family).defaults);
    change(options);
    models.push_back({family + ", " + what, options});
  };
  variant("lstm", "two layers", [](ModelOptions& o) { o.encoder_layers = o.decoder_layers = 2; });
  variant("gru", "bidirectional, deep readout, untied", [](ModelOptions& o) {
    o.recurrent.bidirectional = true;
    o.recurrent.bridge = RecurrentOptions::Bridge::linear;
    o.recurrent.readout = RecurrentOptions::Readout::deep;
    o.tie = ModelOptions::Tie::none;
  });
  variant("rnn", "narrow embedding", [](ModelOptions& o) { o.embedding = 7; });
  variant("bahdanau", "lstm, two layers, reversed source", [](ModelOptions& o) {
    o.encoder = EncoderKind::lstm;
    o.recurrent.cell = Cell::lstm;
    o.encoder_layers = o.decoder_layers = 2;
    o.reverse_source = true;
  });
  variant("bahdanau", "transformer encoder",
          [](ModelOptions& o) { o.encoder = EncoderKind::transformer; });
  variant("luong", "dot, no input feeding", [](ModelOptions& o) {
    o.recurrent.score = RecurrentOptions::Score::dot;
    o.recurrent.input_feeding = false;
  });
  variant("transformer", "post-norm, learned positions, gelu, all tied", [](ModelOptions& o) {
    o.transformer.norm = TransformerOptions::Norm::post;
    o.transformer.positions = TransformerOptions::Positions::learned;
    o.transformer.activation = TransformerOptions::Activation::gelu;
    o.tie = ModelOptions::Tie::all;
  });
  variant("transformer", "rms norm, rope, swiglu, one key-value head", [](ModelOptions& o) {
    o.transformer.normalization = TransformerOptions::Normalization::rms;
    o.transformer.positions = TransformerOptions::Positions::rope;
    o.transformer.activation = TransformerOptions::Activation::swiglu;
    o.transformer.kv_heads = 1;
  });
  variant("transformer", "latent attention with a query latent, experts", [](ModelOptions& o) {
    o.transformer.attention = TransformerOptions::Attention::latent;
    o.transformer.positions = TransformerOptions::Positions::rope;
    o.transformer.query_latent = 5;
    o.transformer.experts = 3;
    o.transformer.head_width = 4;
  });
  variant("transformer", "alibi", [](ModelOptions& o) {
    o.transformer.positions = TransformerOptions::Positions::alibi;
  });
  variant("transformer", "lstm encoder", [](ModelOptions& o) { o.encoder = EncoderKind::lstm; });
  return models;
}

inline std::unique_ptr<SequenceModel> make_small(const SmallModel& model) {
  return make_model(model.options, kSmallVocabulary, 5);
}

inline Sentence random_sentence(Random& random, Index length) {
  Sentence sentence;
  for (Index i = 0; i < length; ++i) {
    sentence.push_back(kFirstFree + static_cast<TokenId>(random.below(13)));
  }
  return sentence;
}

inline Batch batch_of(const std::vector<Sentence>& sources, const std::vector<Sentence>& targets) {
  std::vector<const Sentence*> s, t;
  std::vector<std::size_t> positions;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    s.push_back(&sources[i]);
    t.push_back(&targets[i]);
    positions.push_back(i);
  }
  return make_batch(s, t, positions);
}

}  // namespace seqlab
