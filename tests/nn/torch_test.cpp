// Attention with projections and whole Transformer layers against PyTorch:
// tests/golden/torch_operations.py.

#include "nn/fill.hpp"
#include "seqlab/nn/transformer.hpp"

namespace seqlab {
namespace {

using test::difference;
using test::fill_attention;
using test::fill_linear;
using test::fill_wave;
using test::GoldenRun;
using test::kGoldenTolerance;
using test::padded;
using test::torch_golden;
using test::wave;

constexpr Index kSteps = 4, kBatch = 3, kWidth = 8, kHeads = 2;
constexpr Index kSourceSteps = 5;
const std::vector<Index> kLengths{4, 1, 3};
const std::vector<Index> kSourceLengths{2, 5, 4};

void fill_norm(ParameterStore& store, const Norm& layer, int tag) {
  fill_wave(store.value(layer.gain), tag);
  fill_wave(store.value(layer.bias), tag + 1);
}

/// All parameters of the store, which have the names of the golden gradients.
void compare_gradients(GoldenRun& run, const nlohmann::json& want) {
  CHECK(run.store().parameters().size() == want.size());
  for (const NamedParameter& p : run.store().parameters()) {
    CAPTURE(p.name);
    REQUIRE(want.contains(p.name));
    CHECK(difference(run.gradient(p.place), want[p.name]) < kGoldenTolerance);
  }
}

TransformerOptions options_of(TransformerOptions::Norm norm,
                              TransformerOptions::Activation activation) {
  TransformerOptions options;
  options.feed_forward = 12;
  options.norm = norm;
  options.activation = activation;
  return options;
}

void compare_encoder_layer(const char* name, const TransformerOptions& options) {
  CAPTURE(name);
  const nlohmann::json& want = torch_golden()["encoder_layer"][name];
  GoldenRun run;
  ParameterStore& store = run.store();
  const AttentionLayer attention(store, "attention", kWidth, kHeads);
  const FeedForward feed_forward(store, "feed_forward", kWidth, options.feed_forward,
                                 options.activation);
  const Residual first{Norm(store, "norm1", kWidth), options.norm, 0.0};
  const Residual second{Norm(store, "norm2", kWidth), options.norm, 0.0};
  fill_attention(store, attention, 1);
  fill_linear(store, feed_forward.inner, 9);
  fill_linear(store, feed_forward.outer, 11);
  fill_norm(store, first.norm, 13);
  fill_norm(store, second.norm, 15);

  Tape& tape = run.tape();
  Variable x = run.input(17, kSourceSteps * kBatch, kWidth);
  x = first(tape, x, [&](Variable y) { return attention(tape, y, y, kSourceLengths, false); });
  x = second(tape, x, [&](Variable y) { return feed_forward(tape, y); });
  CHECK(difference(ref(padded(tape.value(x), kSourceLengths)), want["out"]) < kGoldenTolerance);
  run.add_cotangent(x, padded(wave(18, kSourceSteps * kBatch, kWidth), kSourceLengths));
  tape.backward();
  CHECK(difference(run.input_gradient(0), want["d_x"]) < kGoldenTolerance);
  compare_gradients(run, want["gradients"]);
}

void compare_decoder_layer(const char* name, const TransformerOptions& options) {
  CAPTURE(name);
  const nlohmann::json& want = torch_golden()["decoder_layer"][name];
  GoldenRun run;
  ParameterStore& store = run.store();
  const AttentionLayer self_attention(store, "self_attention", kWidth, kHeads);
  const AttentionLayer cross_attention(store, "cross_attention", kWidth, kHeads);
  const FeedForward feed_forward(store, "feed_forward", kWidth, options.feed_forward,
                                 options.activation);
  const Residual first{Norm(store, "norm1", kWidth), options.norm, 0.0};
  const Residual second{Norm(store, "norm2", kWidth), options.norm, 0.0};
  const Residual third{Norm(store, "norm3", kWidth), options.norm, 0.0};
  fill_attention(store, self_attention, 1);
  fill_attention(store, cross_attention, 9);
  fill_linear(store, feed_forward.inner, 17);
  fill_linear(store, feed_forward.outer, 19);
  fill_norm(store, first.norm, 21);
  fill_norm(store, second.norm, 23);
  fill_norm(store, third.norm, 25);

  Tape& tape = run.tape();
  Variable x = run.input(27, kSteps * kBatch, kWidth);
  const Variable memory = run.input(28, kSourceSteps * kBatch, kWidth);
  x = first(tape, x, [&](Variable y) { return self_attention(tape, y, y, kLengths, true); });
  x = second(tape, x,
             [&](Variable y) { return cross_attention(tape, y, memory, kSourceLengths, false); });
  x = third(tape, x, [&](Variable y) { return feed_forward(tape, y); });
  CHECK(difference(ref(padded(tape.value(x), kLengths)), want["out"]) < kGoldenTolerance);
  run.add_cotangent(x, padded(wave(29, kSteps * kBatch, kWidth), kLengths));
  tape.backward();
  CHECK(difference(run.input_gradient(0), want["d_x"]) < kGoldenTolerance);
  CHECK(difference(run.input_gradient(1), want["d_memory"]) < kGoldenTolerance);
  compare_gradients(run, want["gradients"]);
}

}  // namespace

TEST_CASE("torch: multi-head attention across, ragged") {
  const nlohmann::json& want = torch_golden()["attention"];
  GoldenRun run;
  const AttentionLayer layer(run.store(), "layer", kWidth, kHeads);
  fill_attention(run.store(), layer, 1);
  Tape& tape = run.tape();
  const Variable x = run.input(9, kSteps * kBatch, kWidth);
  const Variable memory = run.input(10, kSourceSteps * kBatch, kWidth);
  const AttentionOutput attended = multi_head_attention(
      tape, layer.query(tape, x), layer.key(tape, memory), layer.value(tape, memory),
      {kHeads, layer.scale(), false, kSourceLengths});
  CHECK(difference(ref(tape.value(attended.weights)), want["cross_weights"]) < kGoldenTolerance);
  const Variable out = layer.output(tape, attended.contexts);
  CHECK(difference(ref(tape.value(out)), want["cross"]) < kGoldenTolerance);
  run.add_cotangent(out, wave(11, kSteps * kBatch, kWidth));
  tape.backward();
  CHECK(difference(run.input_gradient(0), want["d_x"]) < kGoldenTolerance);
  CHECK(difference(run.input_gradient(1), want["d_memory"]) < kGoldenTolerance);
  compare_gradients(run, want["cross_gradients"]);
}

TEST_CASE("torch: causal multi-head attention of padded sentences with themselves") {
  const nlohmann::json& want = torch_golden()["attention"];
  GoldenRun run;
  const AttentionLayer layer(run.store(), "layer", kWidth, kHeads);
  fill_attention(run.store(), layer, 1);
  Tape& tape = run.tape();
  const Variable x = run.input(9, kSteps * kBatch, kWidth);
  const Variable out = layer(tape, x, x, kLengths, true);
  CHECK(difference(ref(padded(tape.value(out), kLengths)), want["causal"]) < kGoldenTolerance);
  run.add_cotangent(out, padded(wave(11, kSteps * kBatch, kWidth), kLengths));
  tape.backward();
  CHECK(difference(run.input_gradient(0), want["d_causal_x"]) < kGoldenTolerance);
  compare_gradients(run, want["causal_gradients"]);
}

TEST_CASE("torch: a Transformer encoder layer, norm before and after") {
  using Options = TransformerOptions;
  compare_encoder_layer("pre", options_of(Options::Norm::pre, Options::Activation::relu));
  compare_encoder_layer("post", options_of(Options::Norm::post, Options::Activation::gelu));
}

TEST_CASE("torch: a Transformer decoder layer, norm before and after") {
  using Options = TransformerOptions;
  compare_decoder_layer("pre", options_of(Options::Norm::pre, Options::Activation::gelu));
  compare_decoder_layer("post", options_of(Options::Norm::post, Options::Activation::relu));
}

}  // namespace seqlab
