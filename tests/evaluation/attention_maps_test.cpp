#include "seqlab/evaluation/attention_maps.hpp"

#include <doctest/doctest.h>

#include "models/model_fixture.hpp"

using namespace seqlab;

namespace {

/// The cross-attention of the step interface, which is another implementation: a row per token.
std::vector<Matrix> step_attention(const SequenceModel& model, const Sentence& source,
                                   const Sentence& target) {
  const Batch batch = batch_of({source}, {target});
  DecoderState state = model.start(batch.source);
  std::vector<Matrix> rows;
  for (const TokenId token : batch.target_input.tokens) {
    rows.push_back(model.step(std::array{token}, state).attention);
  }
  return rows;
}

std::vector<const AttentionMap*> last_cross_layer(const std::vector<AttentionMap>& maps) {
  std::vector<const AttentionMap*> heads;
  for (const AttentionMap& map : maps) {
    if (map.kind != AttentionKind::cross) continue;
    if (!heads.empty() && heads.front()->layer != map.layer) heads.clear();
    heads.push_back(&map);
  }
  return heads;
}

const Sentence kSource = {4, 9, 5, 7, 11};
const Sentence kTarget = {6, 5, 8};

}  // namespace

TEST_CASE("Attention maps: rows of every model sum to one, and decoders do not look ahead") {
  for (const SmallModel& small : small_models()) {
    CAPTURE(small.name);
    const auto model = make_small(small);
    for (const AttentionMap& map : attention_maps(*model, kSource, kTarget)) {
      if (small.options.encoder == EncoderKind::none && map.kind == AttentionKind::cross) continue;
      const bool of_decoder = map.kind == AttentionKind::decoder;
      const bool joined = of_decoder && small.options.encoder == EncoderKind::none;
      const Index height = map.kind == AttentionKind::encoder ? 6 : 4;
      const Index before = joined ? 6 : 0;  // source positions, which all may be seen
      REQUIRE(rows(map.weights) == height);
      REQUIRE(cols(map.weights) == before + (of_decoder ? 4 : 6));
      for (Index r = 0; r < height; ++r) {
        Real sum = 0;
        for (Index c = 0; c < cols(map.weights); ++c) {
          const Real weight = ref(map.weights).row(r)[c];
          CHECK(weight >= 0);
          if (of_decoder && c > before + r) CHECK(weight == 0);
          sum += weight;
        }
        CHECK(sum == doctest::Approx(1));
      }
    }
  }
}

TEST_CASE("Attention maps: without an encoder, cross maps are the source's part of decoder maps") {
  const auto model = make_model(small(find_family("decoder-only").defaults), kSmallVocabulary, 5);
  const std::vector<AttentionMap> maps = attention_maps(*model, kSource, kTarget);
  const std::size_t half = maps.size() / 2;
  REQUIRE(half >= 2);
  for (std::size_t i = 0; i < half; ++i) {
    const AttentionMap &decoder = maps[i], &cross = maps[half + i];
    REQUIRE(decoder.kind == AttentionKind::decoder);
    REQUIRE(cross.kind == AttentionKind::cross);
    CHECK(cross.layer == decoder.layer);
    CHECK(cross.head == decoder.head);
    REQUIRE(rows(cross.weights) == 4);
    REQUIRE(cols(cross.weights) == 6);
    for (Index r = 0; r < 4; ++r) {
      CHECK(std::equal(ref(cross.weights).row(r), ref(cross.weights).row(r) + 6,
                       ref(decoder.weights).row(r)));
    }
  }
  const auto plain = make_model(small(find_family("decoder-only").defaults), {0, 17}, 5);
  for (const AttentionMap& map : attention_maps(*plain, {}, kTarget)) {
    CHECK(map.kind == AttentionKind::decoder);
  }
}

TEST_CASE("Attention maps: kinds, layers and heads of a Transformer") {
  ModelOptions options = small(find_family("transformer").defaults);
  options.encoder_layers = 1;
  const auto model = make_model(options, kSmallVocabulary, 5);
  std::string order;
  for (const AttentionMap& map : attention_maps(*model, kSource, kTarget)) {
    order += fmt::format("{}{}{} ", attention_kind_name(map.kind)[0], map.layer, map.head);
  }
  CHECK(order == "e00 e01 d00 d01 d10 d11 c00 c01 c10 c11 ");
}

TEST_CASE("Attention maps: a fixed context has none") {
  for (const char* family : {"lstm", "transformer-pooled", "sutskever"}) {
    CAPTURE(family);
    const auto model = make_model(small(find_family(family).defaults), kSmallVocabulary, 5);
    for (const AttentionMap& map : attention_maps(*model, kSource, kTarget)) {
      CHECK(map.kind != AttentionKind::cross);
    }
  }
}

TEST_CASE("Attention maps: the last layer's mean is what search reports, reversed sources too") {
  std::size_t compared = 0;
  for (const SmallModel& small : small_models()) {
    CAPTURE(small.name);
    const auto model = make_small(small);
    const std::vector<AttentionMap> maps = attention_maps(*model, kSource, kTarget);
    const std::vector<const AttentionMap*> heads = last_cross_layer(maps);
    if (heads.empty()) continue;
    ++compared;
    const Matrix mean = mean_attention(heads);
    const std::vector<Matrix> steps = step_attention(*model, kSource, kTarget);
    REQUIRE(static_cast<Index>(steps.size()) == rows(mean));
    for (std::size_t t = 0; t < steps.size(); ++t) {
      for (Index s = 0; s < cols(mean); ++s) {
        CHECK(ref(mean).row(static_cast<Index>(t))[s] ==
              doctest::Approx(ref(steps[t]).row(0)[s]).epsilon(1e-4));
      }
    }
  }
  CHECK(compared >= 9);
}
