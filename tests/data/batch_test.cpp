#include "seqlab/data/batch.hpp"

#include <stdexcept>

#include <doctest/doctest.h>

using namespace seqlab;

TEST_CASE("make_token_batch pads time-major and adds the marks") {
  const Sentence a = {5, 6, 7};
  const Sentence b = {8};
  const TokenBatch batch = make_token_batch({&a, &b}, true, true);
  CHECK(batch.steps == 5);
  CHECK(batch.batch == 2);
  CHECK(batch.lengths == std::vector<Index>{5, 3});
  CHECK(batch.tokens == std::vector<TokenId>{kBos, kBos, 5, 8, 6, kEos, 7, kPad, kEos, kPad});
  CHECK(batch.at(3, 0) == 7);
  CHECK(batch.at(3, 1) == kPad);
}

TEST_CASE("make_token_batch gives an empty sentence one position") {
  const Sentence empty;
  const Sentence one = {9};
  const TokenBatch bare = make_token_batch({&empty, &one}, false, false);
  CHECK(bare.tokens == std::vector<TokenId>{kEos, 9});
  CHECK(bare.lengths == std::vector<Index>{1, 1});
  CHECK(make_token_batch({&empty}, true, false).tokens == std::vector<TokenId>{kBos});
  CHECK(make_token_batch({&empty}, false, true).tokens == std::vector<TokenId>{kEos});
  CHECK_THROWS_AS(make_token_batch({}, false, true), std::logic_error);
}

TEST_CASE("make_batch shifts the target for teacher forcing") {
  const Sentence source = {5, 6};
  const Sentence target = {7, 8, 9};
  const Sentence empty;
  const Batch batch = make_batch({&source, &empty}, {&target, &empty}, {40, 3});
  CHECK(batch.source.tokens == std::vector<TokenId>{5, kEos, 6, kPad, kEos, kPad});
  CHECK(batch.target_input.tokens == std::vector<TokenId>{kBos, kBos, 7, kPad, 8, kPad, 9, kPad});
  CHECK(batch.target_output.tokens == std::vector<TokenId>{7, kEos, 8, kPad, 9, kPad, kEos, kPad});
  CHECK(batch.target_input.lengths == batch.target_output.lengths);
  CHECK(batch.sentences == std::vector<std::size_t>{40, 3});
  CHECK(batch.target_tokens == 5);
  CHECK_THROWS_AS(make_batch({&source}, {&target, &target}, {0}), std::logic_error);
}
