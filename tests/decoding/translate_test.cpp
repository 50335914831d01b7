#include "seqlab/decoding/translate.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "decoding/scripted_model.hpp"
#include "seqlab/error.hpp"

using namespace seqlab;
using seqlab::testing::random_script;
using seqlab::testing::same;
using seqlab::testing::ScriptedModel;

namespace {

std::vector<Sentence> draw_sources(std::size_t count) {
  Random random(1, "sources");
  std::vector<Sentence> sources(count);
  for (std::size_t s = 0; s < count; ++s) {
    const std::uint64_t length = random.below(9);  // some are empty
    for (std::uint64_t i = 0; i < length; ++i) {
      sources[s].push_back(static_cast<TokenId>(kFirstFree + random.below(10)));
    }
  }
  return sources;
}

}  // namespace

TEST_CASE("output depends neither on the batches nor on the threads") {
  const ScriptedModel model(40, random_script(4, 3.0));
  const std::vector<Sentence> sources = draw_sources(37);
  for (const Index beam : {1, 3}) {
    DecodingOptions options;
    options.beam = beam;
    options.nbest = beam;
    options.attention = true;
    options.batch_sentences = 1;
    const auto expected = decode(model, sources, options, 1);
    for (const Index batch : {2, 5, 64}) {
      for (const Index threads : {1, 2, 7}) {
        options.batch_sentences = batch;
        CHECK(same(decode(model, sources, options, threads), expected));
      }
    }
  }
}

TEST_CASE("results are in the order of the sources") {
  // Copies the source.
  const ScriptedModel model(20, [](const Sentence& source, const Sentence& history, TokenId token) {
    const TokenId wanted = history.size() < source.size() ? source[history.size()] : kEos;
    return token == wanted ? Real(12) : Real(0);
  });
  const std::vector<Sentence> sources = draw_sources(30);
  DecodingOptions options;
  options.batch_sentences = 4;
  const auto found = decode(model, sources, options, 3);
  REQUIRE(found.size() == sources.size());
  for (std::size_t s = 0; s < sources.size(); ++s) {
    REQUIRE(found[s].size() == 1);
    CHECK(found[s][0].tokens == sources[s]);
    CHECK(found[s][0].finished);
  }
}

TEST_CASE("empty sources are answered without the model") {
  const ScriptedModel model(20, random_script(4));
  const auto found = decode(model, {{}, {}}, {}, 2);
  CHECK(model.rows_of_steps().empty());
  REQUIRE(found.size() == 2);
  REQUIRE(found[1].size() == 1);
  CHECK(found[1][0].tokens.empty());
  CHECK(found[1][0].length == 0);
  CHECK(found[1][0].finished);
  CHECK(decode(model, {}, {}, 2).empty());
}

TEST_CASE("a batch is no larger than asked for, and smaller if a thread would idle") {
  const ScriptedModel model(20, random_script(4));
  const std::vector<Sentence> sources(10, Sentence{5, 6});
  DecodingOptions options;
  options.beam = 1;
  options.batch_sentences = 4;
  decode(model, sources, options, 1);
  CHECK(model.rows_of_steps().front() == 4);
  const ScriptedModel shared(20, random_script(4));
  options.batch_sentences = 64;
  decode(shared, sources, options, 2);
  const std::vector<Index> steps = shared.rows_of_steps();
  CHECK(*std::max_element(steps.begin(), steps.end()) == 5);
}

TEST_CASE("progress counts every sentence") {
  const ScriptedModel model(20, random_script(4));
  const std::vector<Sentence> sources = draw_sources(30);
  DecodingOptions options;
  options.batch_sentences = 4;
  std::vector<std::size_t> seen;
  decode(model, sources, options, 3, [&](std::size_t done, std::size_t total) {
    CHECK(total == 30);
    seen.push_back(done);
  });
  CHECK(std::is_sorted(seen.begin(), seen.end()));
  REQUIRE_FALSE(seen.empty());
  CHECK(seen.back() == 30);
}

TEST_CASE("a failing batch fails the decoding") {
  const ScriptedModel model(20, [](const Sentence& source, const Sentence&, TokenId) {
    return source[0] == 7 ? std::numeric_limits<Real>::quiet_NaN() : Real(1);
  });
  DecodingOptions options;
  options.batch_sentences = 1;
  CHECK_THROWS_AS(decode(model, {{5}, {6}, {7}, {8}}, options, 2), RuntimeFailure);
  options.nbest = 9;
  CHECK_THROWS_AS(decode(model, {{5}}, options, 1), UsageError);
}
