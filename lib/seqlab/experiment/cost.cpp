#include "seqlab/experiment/cost.hpp"

#include "seqlab/models/language_model.hpp"
#include "seqlab/tensor/flops.hpp"

namespace seqlab {

namespace {

using T = TransformerOptions;

/// A part of a layer: its parameters, and how many multiplications a token needs for it.
struct Part {
  double parameters = 0;
  double products = 0;

  Part& operator+=(const Part& other) {
    parameters += other.parameters;
    products += other.products;
    return *this;
  }
};

Part linear(Index in, Index out, bool bias) {
  const auto weights = static_cast<double>(in * out);
  return {weights + (bias ? static_cast<double>(out) : 0.0), weights};
}

Part norm(const ModelOptions& options) {
  const bool rms = options.transformer.normalization == T::Normalization::rms;
  return {static_cast<double>((rms ? 1 : 2) * options.width), 0.0};
}

Part grouped_attention(const ModelOptions& options, Index positions) {
  const Index queries = options.transformer.heads * options.head_width();
  const Index keys = options.transformer.key_value_heads() * options.head_width();
  Part part = linear(options.width, queries, true);
  part += linear(options.width, keys, true);
  part += linear(options.width, keys, true);
  part += linear(queries, options.width, true);
  part.products += static_cast<double>(2 * positions * queries);
  return part;
}

/// As a step computes it: key and value projections are applied to the query and the mixture.
Part latent_attention(const ModelOptions& options, Index positions) {
  const Index heads = options.transformer.heads, content = heads * options.head_width();
  const Index latent = options.latent_width(), rope = options.rope_width();
  Part part;
  Index query_input = options.width;
  if (options.transformer.query_latent > 0) {
    query_input = options.transformer.query_latent;
    part += linear(options.width, query_input, false);
    part.parameters += static_cast<double>(query_input);  // norm
  }
  part += linear(query_input, content + heads * rope, false);
  part += linear(options.width, latent + rope, false);
  part.parameters += static_cast<double>(latent);  // norm
  part += linear(latent, content, false);          // keys
  part += linear(latent, content, false);          // values
  part += linear(content, options.width, false);
  part.products += static_cast<double>(positions * heads * (2 * latent + rope));
  return part;
}

Part feed_forward(const ModelOptions& options, Index inner) {
  Part part = linear(options.width, inner, true);
  if (options.transformer.activation == T::Activation::swiglu) {
    part += linear(options.width, inner, true);
  }
  part += linear(inner, options.width, true);
  return part;
}

bool latent(const ModelOptions& options) {
  return options.transformer.attention == T::Attention::latent;
}

}  // namespace

ModelCost cost_by_formula(const ModelOptions& options, Index vocabulary, Index positions) {
  const TransformerOptions& t = options.transformer;
  Part layer = latent(options) ? latent_attention(options, positions)
                               : grouped_attention(options, positions);
  layer += norm(options);
  layer += norm(options);
  double idle = 0;  // parameters of experts that a token does not choose
  if (t.experts > 0) {
    layer += linear(options.width, t.experts, false);
    const Part expert = feed_forward(options, options.expert_width());
    const auto used = static_cast<double>(t.active_experts + t.shared_experts);
    idle = static_cast<double>(t.experts - t.active_experts) * expert.parameters;
    layer += {used * expert.parameters + idle, used * expert.products};
  } else {
    layer += feed_forward(options, options.feed_forward_width());
  }
  Part outside{static_cast<double>(vocabulary), 0.0};  // the output layer's bias
  const auto embeddings = static_cast<double>(vocabulary * options.width);
  outside += {options.tie == ModelOptions::Tie::none ? 2 * embeddings : embeddings, embeddings};
  if (t.norm == T::Norm::pre) outside += norm(options);
  if (t.positions == T::Positions::learned) {
    outside.parameters += static_cast<double>(t.max_length * options.width);
  }
  const auto layers = static_cast<double>(options.decoder_layers);
  ModelCost cost;
  cost.parameters = layers * layer.parameters + outside.parameters;
  cost.active_parameters = cost.parameters - layers * idle;
  cost.flops = 2.0 * (layers * layer.products + outside.products);
  cost.cache_numbers =
      options.decoder_layers * (latent(options) ? options.latent_width() + options.rope_width()
                                                : 2 * t.key_value_heads() * options.head_width());
  return cost;
}

MeasuredCost measure_cost(const ModelOptions& options, Index vocabulary, Index positions) {
  check(positions >= 1, "cost of {} positions", positions);
  const auto model = make_model(options, {0, vocabulary}, /*seed=*/1);
  MeasuredCost cost;
  cost.parameters = static_cast<double>(model->parameters().count());
  const Sentence nothing;
  DecoderState state = model->start(make_token_batch({&nothing}, /*begin=*/false, /*end=*/true));
  for (Index i = 0; i < positions; ++i) {
    const FlopCount count;
    model->step(std::array{kBos}, state);
    cost.flops = count.value();
  }
  Index numbers = 0;
  for (const DecoderState::RowValues& cache : state.rows) numbers += cache.used_columns;
  cost.cache_bytes = numbers * static_cast<Index>(sizeof(Real)) / positions;
  return cost;
}

std::vector<NamedAttention> attention_kinds(const ModelOptions& options) {
  const auto kind = [&](const char* name, T::Attention attention, Index kv_heads) {
    NamedAttention named{name, options};
    named.options.transformer.attention = attention;
    named.options.transformer.kv_heads = kv_heads;
    return named;
  };
  const Index heads = options.transformer.heads;
  Index groups = options.transformer.key_value_heads();
  if (groups == 1 || groups == heads) {  // the config names no groups: pairs of heads, or so
    groups = heads / 2;
    while (groups > 1 && heads % groups != 0) --groups;
  }
  std::vector<NamedAttention> kinds{kind("MHA", T::Attention::grouped, heads)};
  if (groups > 1) {
    kinds.push_back(kind("GQA", T::Attention::grouped, groups));
    kinds.back().name += fmt::format("-{}", groups);
  }
  kinds.push_back(kind("MQA", T::Attention::grouped, 1));
  kinds.push_back(kind("MLA", T::Attention::latent, 0));
  return kinds;
}

ModelOptions deepseek_v2() {
  ModelOptions options = find_family("decoder-only").defaults;
  options.width = 5120;
  options.decoder_layers = 60;
  options.tie = ModelOptions::Tie::none;
  TransformerOptions& t = options.transformer;
  t.heads = 128;
  t.head_width = 128;
  t.kv_heads = 8;
  t.latent = 512;
  t.query_latent = 1536;
  t.rope_width = 64;
  t.positions = T::Positions::rope;
  t.normalization = T::Normalization::rms;
  t.activation = T::Activation::swiglu;
  t.experts = 160;
  t.active_experts = 6;
  t.shared_experts = 2;
  t.expert_width = 1536;
  return options;
}

Index measure_cache_bytes(const ModelOptions& options) {
  ModelOptions narrow = options;
  narrow.transformer.head_width = options.head_width();
  narrow.transformer.latent = options.latent_width();
  narrow.transformer.rope_width = options.rope_width();
  narrow.transformer.query_latent = 0;
  narrow.transformer.experts = 0;
  narrow.transformer.feed_forward = 8;
  narrow.width = 16;
  narrow.decoder_layers = 1;
  return options.decoder_layers *
         measure_cost(narrow, /*vocabulary=*/8, /*positions=*/3).cache_bytes;
}

}  // namespace seqlab
