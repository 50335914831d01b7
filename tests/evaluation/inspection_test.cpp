#include "seqlab/evaluation/inspection.hpp"

#include <doctest/doctest.h>

#include "models/model_fixture.hpp"
#include "support.hpp"

using namespace seqlab;

namespace {

TokenizerPair symbols() {
  return TokenizerPair::train({.kind = "symbols"}, {"a b c d e"}, {"v w x y z"});
}

std::vector<Inspection> inspect_family(const std::string& family, const Sentence& source,
                                       const Sentence& target, bool plain = false) {
  const TokenizerPair tokenizers = symbols();
  ModelOptions options = find_family(family).defaults;
  options.width = 16;
  options.transformer.heads = 2;
  const VocabularySizes sizes{plain ? 0 : tokenizers.source->vocabulary_size(),
                              tokenizers.target->vocabulary_size()};
  return inspect(*make_model(options, sizes, 3), tokenizers, source, target);
}

Real at(const Matrix& m, std::size_t row, std::size_t column) {
  return ref(m).row(static_cast<Index>(row))[column];
}

const Sentence kSource = {4, 5, 6};
const Sentence kTarget = {7, 8};

using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("Self-attention is followed from embedding to context") {
  const std::vector<Inspection> all = inspect_family("transformer", kSource, kTarget);
  REQUIRE(!all.empty());
  const Inspection& first = all.front();
  CHECK(first.name == "encoder.layer0.self_attention");
  CHECK(first.rows == first.columns);
  CHECK(first.rows.size() == 4);
  CHECK(first.rows.back() == "</s>");
  CHECK(first.change.size() == 4);
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(at(first.before, i, i) == doctest::Approx(1).epsilon(1e-5));
    CHECK(at(first.after, i, i) == doctest::Approx(1).epsilon(1e-5));
    CHECK(first.nearest_before[i].size() == 3);
    CHECK(std::ranges::find(first.nearest_before[i], first.rows[i]) ==
          first.nearest_before[i].end());
    Real sum = 0;
    for (std::size_t j = 0; j < 4; ++j) sum += at(first.weights, i, j);
    CHECK(sum == doctest::Approx(1).epsilon(1e-5));
  }
}

TEST_CASE("In every model and head, scores make weights, and weights mix values into contexts") {
  const TokenizerPair tokenizers = symbols();
  const VocabularySizes sizes{tokenizers.source->vocabulary_size(),
                              tokenizers.target->vocabulary_size()};
  std::size_t inspected = 0;
  for (const SmallModel& small : small_models()) {
    CAPTURE(small.name);
    const auto model = make_model(small.options, sizes, 3);
    for (Index head = 0; head < small.options.transformer.heads; ++head) {
      for (const Inspection& one : inspect(*model, tokenizers, kSource, kTarget, head)) {
        CAPTURE(one.name);
        ++inspected;
        for (std::size_t i = 0; i < one.rows.size(); ++i) {
          for (std::size_t d = 0; d < one.contexts.shape()[1]; ++d) {
            Real sum = 0;
            for (std::size_t j = 0; j < one.columns.size(); ++j) {
              sum += at(one.weights, i, j) * at(one.values, j, d);
            }
            CHECK(at(one.contexts, i, d) == doctest::Approx(sum).epsilon(1e-4));
          }
          // ALiBi's distances are no part of the scores; the first query may see one position only.
          if (small.options.transformer.positions == TransformerOptions::Positions::alibi) continue;
          if (std::isnan(at(one.scores, i, 1))) continue;
          CHECK(std::log(at(one.weights, i, 0) / at(one.weights, i, 1)) ==
                doctest::Approx(at(one.scores, i, 0) - at(one.scores, i, 1)).epsilon(1e-3));
        }
      }
    }
  }
  CHECK(inspected > 40);
}

TEST_CASE("Heads apart: their mean is the whole, and each mixes its own part of the values") {
  const TokenizerPair tokenizers = symbols();
  ModelOptions options = find_family("decoder-only").defaults;
  options.width = 16;
  options.transformer.heads = 4;
  options.transformer.kv_heads = 2;
  const auto model = make_model(
      options, {tokenizers.source->vocabulary_size(), tokenizers.target->vocabulary_size()}, 3);
  const auto look = [&](Index head) { return inspect(*model, tokenizers, kSource, kTarget, head); };
  const std::vector<Inspection> whole = look(-1);
  CHECK(look(4).empty());
  for (std::size_t layer = 0; layer < whole.size(); ++layer) {
    CHECK(whole[layer].heads == 4);
    Matrix weights = zeros(7, 7), scores = zeros(7, 7);
    for (Index head = 0; head < 4; ++head) {
      const Inspection one = look(head)[layer];
      CHECK(one.head == head);
      CHECK(one.name == whole[layer].name + ", head " + std::to_string(head));
      weights += one.weights;
      scores += one.scores;
      for (std::size_t i = 0; i < 7; ++i) {
        CHECK(std::isnan(at(one.scores, i, 6)) == (i < 6));  // later tokens are not met
        CHECK(at(one.before, i, 2) == at(whole[layer].before, i, 2));
        for (std::size_t d = 0; d < 4; ++d) {
          Real context = 0;
          for (std::size_t j = 0; j < 7; ++j)
            context += at(one.weights, i, j) * at(one.values, j, d);
          CHECK(at(one.contexts, i, d) == doctest::Approx(context).epsilon(1e-4));
          CHECK(at(whole[layer].contexts, i, static_cast<std::size_t>(head) * 4 + d) ==
                at(one.contexts, i, d));
        }
        Real length = 0;
        for (std::size_t d = 0; d < 4; ++d) length += at(one.values, 0, d) * at(one.values, 0, d);
        CHECK(at(one.mix, i, 0) ==
              doctest::Approx(at(one.weights, i, 0) * std::sqrt(length)).epsilon(1e-4));
      }
    }
    for (std::size_t i = 1; i < 7; ++i) {
      CHECK(at(weights, i, 1) / 4 == doctest::Approx(at(whole[layer].weights, i, 1)).epsilon(1e-4));
      CHECK(at(scores, i, 1) / 4 == doctest::Approx(at(whole[layer].scores, i, 1)).epsilon(1e-4));
    }
  }
}

TEST_CASE("Tokens are named as the model reads them") {
  CHECK(inspect_family("luong", kSource, kTarget).back().rows == Texts{"<s>", "y", "z"});
  const Inspection joined = inspect_family("decoder-only", kSource, kTarget).front();
  CHECK(joined.rows == Texts{"a", "b", "c", "</s>", "<s>", "y", "z"});
  const Inspection plain = inspect_family("decoder-only", {}, kTarget, true).front();
  CHECK(plain.rows == Texts{"<s>", "y", "z"});
  CHECK(inspect_family("lstm", kSource, kTarget).empty());
}

TEST_CASE("Inspections are written out") {
  const Inspection one = inspect_family("transformer", kSource, kTarget).front();
  const std::string tokens = describe_tokens(one);
  CHECK(std::count(tokens.begin(), tokens.end(), '\n') == 3 + 4);
  const std::string token = describe_token(one, 2);
  CHECK(std::count(token.begin(), token.end(), '\n') == 3 + 4);
  const std::string tsv = inspection_tsv(one);
  CHECK(std::count(tsv.begin(), tsv.end(), '\n') == 1 + 16);
  CHECK(tsv.find("NaN") == std::string::npos);
  CHECK(contains(describe_token(one, 2), "2 c: embedding |x| "));
}
