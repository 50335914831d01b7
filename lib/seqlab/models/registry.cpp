#include "seqlab/models/registry.hpp"

#include "seqlab/models/encoder_decoder.hpp"
#include "seqlab/models/language_model.hpp"
#include "seqlab/models/luong_decoder.hpp"
#include "seqlab/models/recurrent_decoder.hpp"
#include "seqlab/models/recurrent_encoder.hpp"
#include "seqlab/models/transformer_decoder.hpp"
#include "seqlab/models/transformer_encoder.hpp"

namespace seqlab {
inline namespace SEQLAB_PRECISION {
namespace {

/// The context as an input of every step (Cho 2014).
ModelOptions fixed_context(EncoderKind encoder, Cell cell) {
  ModelOptions options;
  options.encoder = encoder;
  options.decoder = DecoderKind::fixed_context;
  options.recurrent.cell = cell;
  options.recurrent.context = RecurrentOptions::Context::every_step;
  return options;
}

ModelOptions sutskever() {
  ModelOptions options = fixed_context(EncoderKind::lstm, Cell::lstm);
  options.recurrent.context = RecurrentOptions::Context::initial;
  options.reverse_source = true;
  return options;
}

ModelOptions bahdanau() {
  ModelOptions options = fixed_context(EncoderKind::gru, Cell::gru);
  options.decoder = DecoderKind::bahdanau;
  options.recurrent.bidirectional = true;
  options.recurrent.bridge = RecurrentOptions::Bridge::linear;
  options.recurrent.readout = RecurrentOptions::Readout::deep;
  return options;
}

ModelOptions luong() {
  ModelOptions options = fixed_context(EncoderKind::lstm, Cell::lstm);
  options.decoder = DecoderKind::luong;
  return options;
}

ModelOptions transformer() {
  ModelOptions options;
  options.encoder = EncoderKind::transformer;
  options.decoder = DecoderKind::transformer;
  options.encoder_layers = 3;
  options.decoder_layers = 3;
  return options;
}

ModelOptions transformer_pooled() {
  ModelOptions options = transformer();
  options.transformer.memory = TransformerOptions::Memory::pooled;
  return options;
}

ModelOptions transformer_lstm() {
  ModelOptions options = fixed_context(EncoderKind::transformer, Cell::lstm);
  options.encoder_layers = 3;
  options.recurrent.bridge = RecurrentOptions::Bridge::linear;
  return options;
}

ModelOptions decoder_only() {
  ModelOptions options;
  options.encoder = EncoderKind::none;
  options.decoder = DecoderKind::transformer;
  options.decoder_layers = 4;
  return options;
}

ModelOptions recurrent_language_model(Cell cell) {
  ModelOptions options;
  options.encoder = EncoderKind::none;
  options.decoder = DecoderKind::recurrent;
  options.recurrent.cell = cell;
  return options;
}

Cell cell_of(EncoderKind kind) {
  switch (kind) {
    case EncoderKind::rnn:
      return Cell::rnn;
    case EncoderKind::gru:
      return Cell::gru;
    default:
      return Cell::lstm;
  }
}

void validate_heads(const ModelOptions& options) {
  const TransformerOptions& t = options.transformer;
  const bool latent = t.attention == TransformerOptions::Attention::latent;
  if (t.head_width == 0 && options.width % t.heads != 0) {
    throw UsageError(
        fmt::format("width = {} does not divide into heads = {}", options.width, t.heads));
  }
  if (t.heads % t.key_value_heads() != 0) {
    throw UsageError(
        fmt::format("heads = {} do not divide into kv_heads = {} groups", t.heads, t.kv_heads));
  }
  if (latent && t.key_value_heads() != t.heads) {
    throw UsageError("attention = latent has no groups of heads: leave kv_heads out");
  }
  const Index turned = latent ? options.rope_width() : options.head_width();
  if (t.positions == TransformerOptions::Positions::rope && turned % 2 != 0) {
    throw UsageError(
        fmt::format("positions = rope turns pairs of numbers, but {} has {}; choose an even number",
                    latent ? "rope_width" : "a head", turned));
  }
}

void validate_experts(const TransformerOptions& t) {
  if (t.experts > 0 && t.active_experts > t.experts) {
    throw UsageError(
        fmt::format("active_experts = {} of experts = {}", t.active_experts, t.experts));
  }
}

/// Whether it has an encoder, a decoder that goes with that, and a source to read.
void validate_kinds(const ModelOptions& options, VocabularySizes sizes) {
  const bool without_encoder = options.encoder == EncoderKind::none;
  const bool recurrent = options.decoder == DecoderKind::recurrent;
  if (without_encoder && !recurrent && options.decoder != DecoderKind::transformer) {
    throw UsageError("encoder = none needs decoder = transformer or decoder = recurrent");
  }
  if (!without_encoder && recurrent) {
    throw UsageError(
        "decoder = recurrent reads the source itself and needs encoder = none; with an encoder use "
        "decoder = fixed_context");
  }
  if (without_encoder && options.reverse_source) {
    throw UsageError("reverse_source is for encoders; encoder = none has none");
  }
  if (!without_encoder && sizes.source == 0) {
    throw UsageError(
        "plain text has no source for an encoder to read; use a model with encoder = none "
        "(decoder-only, rnn-lm, lstm-lm, gru-lm)");
  }
}

void validate(const ModelOptions& options, VocabularySizes sizes) {
  validate_kinds(options, sizes);
  const bool recurrent_decoder = options.decoder != DecoderKind::transformer;
  const bool transformer_part = options.encoder == EncoderKind::transformer || !recurrent_decoder;
  const bool bridged = recurrent_decoder && options.decoder != DecoderKind::recurrent;
  if (bridged && options.recurrent.bridge == RecurrentOptions::Bridge::copy) {
    const bool same = options.encoder != EncoderKind::transformer &&
                      cell_of(options.encoder) == options.recurrent.cell &&
                      options.encoder_layers == options.decoder_layers &&
                      !options.recurrent.bidirectional;
    if (!same) {
      throw UsageError(
          "bridge = copy needs an encoder and a decoder of the same cell and number of layers, in "
          "one direction; use bridge = linear");
    }
  }
  if (transformer_part) {
    validate_heads(options);
    validate_experts(options.transformer);
  }
  if (transformer_part && options.embedding_width() != options.width) {
    throw UsageError(fmt::format(
        "a Transformer's embedding is as wide as the model: leave embedding out or set it to {}",
        options.width));
  }
  const bool two_vocabularies = sizes.source > 0 && sizes.source != sizes.target;
  if (options.tie == ModelOptions::Tie::all && two_vocabularies) {
    throw UsageError(fmt::format(
        "tie = all needs one joint vocabulary, but the source has {} tokens and the target {}; use "
        "joint = true in [data], or tie = output",
        sizes.source, sizes.target));
  }
}

}  // namespace

const std::vector<ModelFamily>& model_families() {
  static const std::vector<ModelFamily> families{
      {"rnn", "tanh RNN, fixed context (Elman 1990, Cho 2014)",
       fixed_context(EncoderKind::rnn, Cell::rnn)},
      {"lstm", "LSTM, fixed context (Hochreiter and Schmidhuber 1997, Cho 2014)",
       fixed_context(EncoderKind::lstm, Cell::lstm)},
      {"gru", "GRU, fixed context (Cho 2014)", fixed_context(EncoderKind::gru, Cell::gru)},
      {"sutskever", "LSTM, fixed context as first state only, reversed source (Sutskever 2014)",
       sutskever()},
      {"bahdanau", "bidirectional GRU, additive attention before the step (Bahdanau 2014)",
       bahdanau()},
      {"luong", "LSTM, attention after the step with input feeding (Luong 2015)", luong()},
      {"transformer", "self-attention and cross-attention (Vaswani 2017)", transformer()},
      {"transformer-pooled", "Transformer whose decoder sees one pooled vector",
       transformer_pooled()},
      {"transformer-lstm", "Transformer encoder, fixed-context LSTM decoder", transformer_lstm()},
      {"decoder-only", "causal self-attention over source and target (Liu 2018, Radford 2018)",
       decoder_only()},
      {"rnn-lm", "tanh RNN language model (Mikolov 2010); source and target are one sequence",
       recurrent_language_model(Cell::rnn)},
      {"lstm-lm", "LSTM language model (Sundermeyer 2012)", recurrent_language_model(Cell::lstm)},
      {"gru-lm", "GRU language model", recurrent_language_model(Cell::gru)},
  };
  return families;
}

const ModelFamily& find_family(const std::string& name) {
  std::string known;
  for (const ModelFamily& family : model_families()) {
    if (family.name == name) return family;
    known += (known.empty() ? "" : ", ") + family.name;
  }
  throw UsageError(fmt::format("there is no model family '{}'; the families are: {}", name, known));
}

std::unique_ptr<Encoder> make_encoder(const ModelOptions& options, Parameter embedding,
                                      ParameterStore& store) {
  if (options.encoder == EncoderKind::transformer) {
    return std::make_unique<TransformerEncoder>(options, embedding, store);
  }
  return std::make_unique<RecurrentEncoder>(options, cell_of(options.encoder), embedding, store);
}

std::unique_ptr<Decoder> make_decoder(const ModelOptions& options, EncodedWidths encoded,
                                      Parameter embedding, ParameterStore& store) {
  switch (options.decoder) {
    case DecoderKind::fixed_context:
    case DecoderKind::bahdanau:
      return std::make_unique<RecurrentDecoder>(options, options.decoder == DecoderKind::bahdanau,
                                                encoded, embedding, store);
    case DecoderKind::luong:
      return std::make_unique<LuongDecoder>(options, encoded, embedding, store);
    case DecoderKind::transformer:
      return std::make_unique<TransformerDecoder>(options, encoded, embedding, store);
    case DecoderKind::recurrent:
      break;
  }
  throw std::logic_error("no decoder for an encoder");
}

std::unique_ptr<SequenceModel> make_model(const ModelOptions& options, VocabularySizes sizes,
                                          std::uint64_t seed) {
  validate(options, sizes);
  if (options.encoder == EncoderKind::none) {
    return std::make_unique<LanguageModel>(options, sizes, seed);
  }
  return std::make_unique<EncoderDecoder>(options, sizes, seed);
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
