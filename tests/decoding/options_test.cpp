#include "seqlab/decoding/options.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "seqlab/error.hpp"

using namespace seqlab;

TEST_CASE("length penalties") {
  DecodingOptions options;
  options.length_penalty = LengthPenalty::none;
  CHECK(length_penalised(-6, 3, options) == -6);
  options.length_penalty = LengthPenalty::average;
  CHECK(length_penalised(-6, 3, options) == -2);
  options.length_penalty = LengthPenalty::gnmt;
  options.alpha = 1;
  CHECK(length_penalised(-6, 7, options) == doctest::Approx(-3));
  options.alpha = 0.5;
  CHECK(length_penalised(-6, 19, options) == doctest::Approx(-3));
  options.alpha = 0;
  CHECK(length_penalised(-6, 7, options) == -6);
}

TEST_CASE("maximum target length") {
  DecodingOptions options;
  options.max_length_factor = 1.5;
  options.max_length_offset = 4;
  CHECK(max_target_length(options, 3) == 8);
  options.max_length_factor = 0;
  options.max_length_offset = 0;
  CHECK(max_target_length(options, 3) == 1);
}

TEST_CASE("options out of range are refused with the range") {
  const auto message = [](auto change) {
    DecodingOptions options;
    change(options);
    try {
      validate(options);
    } catch (const UsageError& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  CHECK(message([](DecodingOptions&) {}) == "accepted");
  CHECK(message([](auto& o) { o.beam = 0; }) == "beam size is 0: expected at least 1");
  CHECK(message([](auto& o) { o.nbest = 6; }) ==
        "n-best size is 6 but the beam keeps only 5 hypotheses: expected a beam of at least 6");
  CHECK(message([](auto& o) { o.nbest = 0; }) == "n-best size is 0: expected at least 1");
  CHECK(message([](auto& o) { o.alpha = -0.5; }) ==
        "length penalty alpha is -0.5: expected 0 or more");
  CHECK(message([](auto& o) { o.alpha = std::nan(""); }) ==
        "length penalty alpha is nan: expected 0 or more");
  CHECK(message([](auto& o) { o.max_length_factor = -1; }) ==
        "maximum length factor is -1: expected 0 or more");
  CHECK(message([](auto& o) { o.max_length_offset = -1; }) ==
        "maximum length offset is -1: expected 0 or more");
  CHECK(message([](auto& o) { o.batch_sentences = 0; }) ==
        "decoding batch is 0: expected at least 1 sentence");
}
