// Latent attention and mixtures of experts against PyTorch (tests/golden/torch_transformer.py), and
// the absorbed path of a step against the plain one.

#include "seqlab/nn/latent_attention.hpp"

#include "golden/golden.hpp"
#include "seqlab/autograd/layout.hpp"
#include "seqlab/nn/mixture_of_experts.hpp"
#include "seqlab/nn/positions.hpp"

namespace seqlab {
namespace {

using test::difference;
using test::fill_wave;
using test::GoldenRun;
using test::kGoldenTolerance;
using test::padded;
using test::transformer_golden;
using test::wave;

constexpr Index kSteps = 4, kBatch = 3, kWidth = 8;
const std::vector<Index> kLengths{4, 1, 3};

ModelOptions latent_options(Index query_latent) {
  ModelOptions options;
  options.width = kWidth;
  TransformerOptions& t = options.transformer;
  t.heads = 4;
  t.head_width = 4;
  t.attention = TransformerOptions::Attention::latent;
  t.positions = TransformerOptions::Positions::rope;
  t.latent = 5;
  t.query_latent = query_latent;
  t.rope_width = 2;
  return options;
}

/// Fills the parameters in their order with consecutive tags.
void fill_in_order(ParameterStore& store, int tag) {
  for (const NamedParameter& p : store.parameters()) fill_wave(store.value(p.place), tag++);
}

void compare_gradients(const GoldenRun& run, const ParameterStore& store,
                       const nlohmann::json& want) {
  CHECK(store.parameters().size() == want.size());
  for (const NamedParameter& p : store.parameters()) {
    CAPTURE(p.name);
    REQUIRE(want.contains(p.name));
    CHECK(difference(run.gradient(p.place), want[p.name]) < kGoldenTolerance);
  }
}

}  // namespace

TEST_CASE("torch: latent attention, with and without a query latent") {
  for (const Index query_latent : {0, 3}) {
    CAPTURE(query_latent);
    const nlohmann::json& want =
        transformer_golden()["latent_attention"][query_latent > 0 ? "query_latent" : "plain"];
    GoldenRun run;
    const LatentAttention attention(run.store(), "layer", latent_options(query_latent));
    fill_in_order(run.store(), 1);
    Tape& tape = run.tape();
    const Variable x = run.input(9, kSteps * kBatch, kWidth);
    const Variable out = attention.forward(tape, x, time_major_positions(tape, kSteps, kBatch),
                                           kLengths, /*causal=*/true);
    CHECK(difference(ref(padded(tape.value(out), kLengths)), want["out"]) < kGoldenTolerance);
    run.add_cotangent(out, padded(wave(11, kSteps * kBatch, kWidth), kLengths));
    tape.backward();
    CHECK(difference(run.input_gradient(0), want["d_x"]) < kGoldenTolerance);
    compare_gradients(run, run.store(), want["gradients"]);
  }
}

TEST_CASE("latent attention: the absorbed path agrees with the plain one, for any positions") {
  using Positions = TransformerOptions::Positions;
  for (const Positions kind : {Positions::rope, Positions::alibi, Positions::none}) {
    ModelOptions options = latent_options(3);
    options.transformer.positions = kind;
    ParameterStore store(3);
    const LatentAttention attention(store, "layer", options);
    const Index cache_width = attention.cache_widths()[0];
    CHECK(cache_width == 5 + (kind == Positions::rope ? 2 : 0));
    Tape tape(store.values());
    constexpr Index kLong = 20;
    const Variable x = tape.variable(wave(4, kLong, kWidth));
    const auto positions = time_major_positions(tape, kLong, 1);
    const std::vector<Index> length{kLong};
    const Variables entries = attention.entries(tape, x, positions);
    const Matrix plain =
        tape.value(attention.forward(tape, x, entries, positions, length, /*causal=*/true));
    const Matrix cache = tape.value(entries[0]);
    double largest = 0.0;
    for (Index t = 0; t < kLong; ++t) {
      const AttendedPositions seen{cache.data(), cache_width, cache.data(), cache_width, t + 1};
      const Variable step =
          attention.step(tape, rows(tape, x, t, 1),
                         positions.subspan(static_cast<std::size_t>(t), 1), {{&seen, 1}})
              .output;
      for (Index c = 0; c < kWidth; ++c) {
        const auto want = static_cast<double>(ref(plain).row(t)[c]);
        const auto got = static_cast<double>(tape.value(step).data()[c]);
        largest = std::max(largest, std::abs(got - want) / (1 + std::abs(want)));
      }
    }
    CHECK(largest < 1e-5);
  }
}

TEST_CASE("torch: a mixture of shared and routed experts with its balance loss") {
  ModelOptions options;
  options.width = kWidth;
  options.transformer.experts = 4;
  options.transformer.active_experts = 2;
  options.transformer.shared_experts = 1;
  options.transformer.expert_width = 3;
  options.transformer.balance = 0.5;
  const nlohmann::json& want = transformer_golden()["mixture"];
  GoldenRun run;
  const MixtureOfExperts mixture(run.store(), "layer", options);
  fill_in_order(run.store(), 2);
  Tape& tape = run.tape();
  const Variable x = run.input(1, kSteps * kBatch, kWidth);
  const Variable out = mixture(tape, x, {});
  CHECK(difference(ref(tape.value(out)), want["out"]) < kGoldenTolerance);
  run.add_cotangent(out, wave(3, kSteps * kBatch, kWidth));
  tape.backward();
  CHECK(difference(run.input_gradient(0), want["d_x"]) < kGoldenTolerance);
  compare_gradients(run, run.store(), want["gradients"]);
}

}  // namespace seqlab
