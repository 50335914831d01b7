// The parts of today's Transformers against PyTorch: tests/golden/torch_transformer.py.

#include "nn/fill.hpp"
#include "seqlab/autograd/rms_norm.hpp"
#include "seqlab/autograd/rotary.hpp"
#include "seqlab/nn/grouped_attention.hpp"
#include "seqlab/nn/positions.hpp"

namespace seqlab {
namespace {

using test::difference;
using test::fill_attention;
using test::fill_linear;
using test::fill_wave;
using test::GoldenRun;
using test::kGoldenTolerance;
using test::padded;
using test::transformer_golden;
using test::wave;
using Positions = TransformerOptions::Positions;

constexpr Index kSteps = 4, kBatch = 3, kWidth = 8;
const std::vector<Index> kLengths{4, 1, 3};

TransformerOptions options_of(Positions positions) {
  TransformerOptions options;
  options.heads = 4;
  options.kv_heads = 2;
  options.feed_forward = 12;
  options.positions = positions;
  options.normalization = TransformerOptions::Normalization::rms;
  options.activation = TransformerOptions::Activation::swiglu;
  return options;
}

ModelOptions model_of(const TransformerOptions& transformer) {
  ModelOptions options;
  options.width = kWidth;
  options.transformer = transformer;
  return options;
}

void fill_feed_forward(ParameterStore& store, const FeedForward& layer, int tag) {
  fill_linear(store, layer.inner, tag);
  fill_linear(store, layer.gate, tag + 2);
  fill_linear(store, layer.outer, tag + 4);
}

/// Output, gradients of the one input and of all parameters of the store.
void compare(GoldenRun& run, Variable out, const Matrix& cotangent, const nlohmann::json& want,
             std::span<const Index> lengths = {}) {
  Tape& tape = run.tape();
  const auto masked = [&](const Matrix& m) { return lengths.empty() ? m : padded(m, lengths); };
  CHECK(difference(ref(masked(tape.value(out))), want["out"]) < kGoldenTolerance);
  run.add_cotangent(out, masked(cotangent));
  tape.backward();
  CHECK(difference(run.input_gradient(0), want["d_x"]) < kGoldenTolerance);
  const nlohmann::json& gradients = want["gradients"];
  CHECK(run.store().parameters().size() == gradients.size());
  for (const NamedParameter& p : run.store().parameters()) {
    CAPTURE(p.name);
    REQUIRE(gradients.contains(p.name));
    CHECK(difference(run.gradient(p.place), gradients[p.name]) < kGoldenTolerance);
  }
}

}  // namespace

TEST_CASE("torch: RMS norm") {
  GoldenRun run;
  const Norm norm(run.store(), "x", kWidth, TransformerOptions::Normalization::rms);
  CHECK_FALSE(norm.bias.exists());
  fill_wave(run.store().value(norm.gain), 2);
  nlohmann::json want = transformer_golden()["rms_norm"];
  want["gradients"] = {{"x.gain", want["gradients"]["gain"]}};
  const Variable x = run.input(1, kSteps, kWidth);
  compare(run, norm(run.tape(), x), wave(3, kSteps, kWidth), want);
}

TEST_CASE("torch: rotary positions are products of complex numbers") {
  GoldenRun run;
  run.parameter(1, 1, 1);  // unused; a tape for training needs one
  nlohmann::json want = transformer_golden()["rotary"];
  want["gradients"] = {{"p0", {0.0}}};
  const Variable x = run.input(1, kSteps * kBatch, 12);
  const auto positions = time_major_positions(run.tape(), kSteps, kBatch);
  compare(run, rotary(run.tape(), x, 2, positions), wave(2, kSteps * kBatch, 12), want);
}

TEST_CASE("torch: SwiGLU feed-forward") {
  GoldenRun run;
  const FeedForward layer(run.store(), "layer", kWidth, 12, TransformerOptions::Activation::swiglu);
  fill_feed_forward(run.store(), layer, 2);
  const Variable x = run.input(1, kSteps, kWidth);
  compare(run, layer(run.tape(), x), wave(8, kSteps, kWidth), transformer_golden()["swiglu"]);
}

TEST_CASE("torch: causal self-attention with shared key-value heads, rotary positions, slopes") {
  const std::array<std::pair<const char*, Positions>, 3> kinds{
      {{"plain", Positions::none}, {"rope", Positions::rope}, {"alibi", Positions::alibi}}};
  for (const auto& [name, positions] : kinds) {
    CAPTURE(name);
    GoldenRun run;
    const GroupedAttention attention(run.store(), "layer", model_of(options_of(positions)));
    fill_attention(run.store(), attention.layer(), 1);
    Tape& tape = run.tape();
    const Variable x = run.input(9, kSteps * kBatch, kWidth);
    const Variable out = attention.forward(tape, x, time_major_positions(tape, kSteps, kBatch),
                                           kLengths, /*causal=*/true);
    compare(run, out, wave(11, kSteps * kBatch, kWidth),
            transformer_golden()["grouped_attention"][name], kLengths);
  }
}

TEST_CASE("torch: a layer of RMS norm, rotary shared-head attention and SwiGLU") {
  GoldenRun run;
  ParameterStore& store = run.store();
  const TransformerOptions options = options_of(Positions::rope);
  const GroupedAttention attention(store, "attention", model_of(options));
  const FeedForward feed_forward(store, "feed_forward", kWidth, options.feed_forward,
                                 options.activation);
  const Residual first{Norm(store, "norm1", kWidth, options.normalization), options.norm, 0.0};
  const Residual second{Norm(store, "norm2", kWidth, options.normalization), options.norm, 0.0};
  fill_attention(store, attention.layer(), 1);
  fill_feed_forward(store, feed_forward, 9);
  fill_wave(store.value(first.norm.gain), 15);
  fill_wave(store.value(second.norm.gain), 16);
  Tape& tape = run.tape();
  Variable x = run.input(17, kSteps * kBatch, kWidth);
  const auto positions = time_major_positions(tape, kSteps, kBatch);
  x = first(tape, x, [&](Variable y) {
    return attention.forward(tape, y, positions, kLengths, /*causal=*/true);
  });
  x = second(tape, x, [&](Variable y) { return feed_forward(tape, y); });
  compare(run, x, wave(18, kSteps * kBatch, kWidth), transformer_golden()["block"], kLengths);
}

}  // namespace seqlab
