#include "seqlab/decoding/beam_search.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "decoding/scripted_model.hpp"
#include "seqlab/decoding/greedy.hpp"

using namespace seqlab;
using seqlab::testing::pointers;
using seqlab::testing::random_script;
using seqlab::testing::same;
using seqlab::testing::ScriptedModel;

namespace {

constexpr LengthPenalty kPenalties[] = {LengthPenalty::none, LengthPenalty::average,
                                        LengthPenalty::gnmt};

DecodingOptions make_options(Index beam, Index nbest, LengthPenalty penalty, Index max_length) {
  DecodingOptions options;
  options.beam = beam;
  options.nbest = nbest;
  options.length_penalty = penalty;
  options.max_length_factor = 0;
  options.max_length_offset = max_length;
  return options;
}

struct Scored {
  Sentence tokens;  // with the end mark, if it ended
  double log_probability = 0;
  double score = 0;
};

void sort_by_score(std::vector<Scored>& list) {
  std::stable_sort(list.begin(), list.end(),
                   [](const Scored& a, const Scored& b) { return a.score > b.score; });
}

// Every sequence that ends within the maximum length.
void enumerate(const ScriptedModel& model, const Sentence& source, const DecodingOptions& options,
               const Scored& prefix, std::vector<Scored>& all) {
  const Index length = static_cast<Index>(prefix.tokens.size()) + 1;
  for (TokenId v = kEos; v < static_cast<TokenId>(model.target_vocabulary()); ++v) {
    Scored longer = prefix;
    longer.log_probability += model.log_probability(source, prefix.tokens, v);
    longer.tokens.push_back(v);
    longer.score = length_penalised(longer.log_probability, length, options);
    if (v == kEos) {
      all.push_back(longer);
    } else if (length < max_target_length(options, 0)) {
      enumerate(model, source, options, longer, all);
    }
  }
}

// The search as its definition reads, one sentence, whole sequences, no early exit.
std::vector<Scored> plain_beam_search(const ScriptedModel& model, const Sentence& source,
                                      const DecodingOptions& options) {
  const auto beam = static_cast<std::size_t>(options.beam);
  std::vector<Scored> live(1);
  std::vector<Scored> ended;
  for (Index length = 1; length <= max_target_length(options, 0); ++length) {
    std::vector<Scored> extended;
    for (const Scored& prefix : live) {
      for (TokenId v = kEos; v < static_cast<TokenId>(model.target_vocabulary()); ++v) {
        Scored longer = prefix;
        longer.log_probability += model.log_probability(source, prefix.tokens, v);
        longer.tokens.push_back(v);
        longer.score = longer.log_probability;
        extended.push_back(longer);
      }
    }
    sort_by_score(extended);
    if (extended.size() > 2 * beam) extended.resize(2 * beam);
    live.clear();
    for (Scored& candidate : extended) {
      if (live.size() == beam) break;
      candidate.score = length_penalised(candidate.log_probability, length, options);
      (candidate.tokens.back() == kEos ? ended : live).push_back(candidate);
    }
    sort_by_score(ended);
    if (live.empty()) break;
    const double now = length_penalised(live[0].log_probability, length, options);
    if (ended.size() >= beam && ended[0].score >= now) break;
  }
  std::vector<Scored> result = ended.empty() ? live : ended;
  sort_by_score(result);
  if (result.size() > static_cast<std::size_t>(options.nbest)) {
    result.resize(static_cast<std::size_t>(options.nbest));
  }
  return result;
}

void check_equal(const std::vector<Hypothesis>& found, const std::vector<Scored>& expected) {
  REQUIRE(found.size() == expected.size());
  for (std::size_t n = 0; n < found.size(); ++n) {
    Sentence tokens = expected[n].tokens;
    const bool finished = tokens.back() == kEos;
    if (finished) tokens.pop_back();
    CHECK(found[n].tokens == tokens);
    CHECK(found[n].finished == finished);
    CHECK(found[n].length == static_cast<Index>(expected[n].tokens.size()));
    CHECK(found[n].log_probability == doctest::Approx(expected[n].log_probability).epsilon(1e-5));
    CHECK(found[n].score == doctest::Approx(expected[n].score).epsilon(1e-5));
  }
}

}  // namespace

TEST_CASE("a beam wider than all hypotheses finds the best ones of all sequences") {
  for (const LengthPenalty penalty : kPenalties) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      const ScriptedModel model(6, random_script(seed));
      const DecodingOptions options = make_options(200, 12, penalty, 5);
      const std::vector<Sentence> sources = {{4, 5}, {5}};
      const auto found = beam_search(model, pointers(sources), options);
      for (std::size_t s = 0; s < sources.size(); ++s) {
        std::vector<Scored> all;
        enumerate(model, sources[s], options, {}, all);
        CHECK(all.size() == 1 + 3 + 9 + 27 + 81);
        sort_by_score(all);
        all.resize(12);
        check_equal(found[s], all);
      }
    }
  }
}

TEST_CASE("the search is the one of its definition: the early exit changes nothing") {
  const std::vector<Sentence> sources = {{4, 5}, {5}, {7, 4, 4}, {6, 6}};
  for (const LengthPenalty penalty : kPenalties) {
    for (const Index beam : {1, 2, 3, 5}) {
      for (const Index nbest : {Index(1), beam}) {
        for (std::uint64_t seed = 0; seed < 12; ++seed) {
          const ScriptedModel model(8, random_script(seed, 3.0));
          const DecodingOptions options = make_options(beam, nbest, penalty, 7);
          const auto found = beam_search(model, pointers(sources), options);
          for (std::size_t s = 0; s < sources.size(); ++s) {
            CAPTURE(seed);
            CAPTURE(beam);
            check_equal(found[s], plain_beam_search(model, sources[s], options));
          }
        }
      }
    }
  }
}

TEST_CASE("the early exit saves steps") {
  // The end mark is all but certain: one step, although a beam of four asks for four endings.
  const std::vector<Sentence> sources = {{4}};
  for (const LengthPenalty penalty : kPenalties) {
    const ScriptedModel model(8, [](const Sentence&, const Sentence&, TokenId token) {
      return token == kEos ? Real(10) : Real(0);
    });
    beam_search(model, pointers(sources), make_options(4, 1, penalty, 9));
    CHECK(model.rows_of_steps().size() == 1);
  }
}

TEST_CASE("improbable early endings do not stop the search") {
  // The end mark is the second choice of every step, ten tokens long.
  const ScriptedModel model(8, [](const Sentence&, const Sentence& history, TokenId token) {
    if (token == kEos) return history.size() == 10 ? Real(20) : Real(2);
    return token == 5 ? Real(10) : Real(0);
  });
  const std::vector<Sentence> sources = {{4}};
  for (const LengthPenalty penalty : kPenalties) {
    for (const Index beam : {1, 2, 5}) {
      const auto found = beam_search(model, pointers(sources), make_options(beam, 1, penalty, 20));
      CHECK(found[0][0].tokens == Sentence(10, 5));
    }
  }
}

TEST_CASE("the best hypothesis does not depend on how many are asked for") {
  const std::vector<Sentence> sources = {{4, 5}, {5}, {7, 4, 4}, {6, 6}};
  for (const LengthPenalty penalty : kPenalties) {
    const ScriptedModel model(10, random_script(8, 3.0));
    const auto one = beam_search(model, pointers(sources), make_options(5, 1, penalty, 12));
    const auto five = beam_search(model, pointers(sources), make_options(5, 5, penalty, 12));
    for (std::size_t s = 0; s < sources.size(); ++s) CHECK(same(one[s][0], five[s][0]));
  }
}

TEST_CASE("a beam of one is greedy search, to the bit") {
  const std::vector<Sentence> sources = {{4, 5}, {5}, {7, 4, 4}, {6, 6}, {9}};
  for (const LengthPenalty penalty : kPenalties) {
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
      const ScriptedModel model(100, random_script(seed, 4.0));
      DecodingOptions options = make_options(1, 1, penalty, 12);
      options.attention = true;
      const auto beam = beam_search(model, pointers(sources), options);
      const auto greedy = greedy_search(model, pointers(sources), options);
      for (std::size_t s = 0; s < sources.size(); ++s) {
        REQUIRE(beam[s].size() == 1);
        CHECK(same(beam[s][0], greedy[s]));
      }
    }
  }
}

TEST_CASE("greedy search without scores finds the same, and claims no probability") {
  const std::vector<Sentence> sources = {{4, 5}, {5}, {7, 4, 4}};
  const ScriptedModel model(100, random_script(3, 4.0));
  DecodingOptions options = make_options(1, 1, LengthPenalty::gnmt, 12);
  const auto scored = greedy_search(model, pointers(sources), options);
  options.scores = false;
  const auto unscored = greedy_search(model, pointers(sources), options);
  for (std::size_t s = 0; s < sources.size(); ++s) {
    CHECK(unscored[s].tokens == scored[s].tokens);
    CHECK(unscored[s].length == scored[s].length);
    CHECK(scored[s].score < 0);
    CHECK(std::isnan(unscored[s].score));
    CHECK(std::isnan(unscored[s].log_probability));
  }
}

TEST_CASE("scores are those of teacher forcing") {
  const std::vector<Sentence> sources = {{4, 5}, {5}, {7, 4, 4}};
  const ScriptedModel model(20, random_script(5, 3.0));
  const DecodingOptions options = make_options(6, 6, LengthPenalty::gnmt, 8);
  const auto found = beam_search(model, pointers(sources), options);
  for (std::size_t s = 0; s < sources.size(); ++s) {
    for (const Hypothesis& h : found[s]) {
      const double forced = model.forced_log_probability(sources[s], h.tokens, h.finished);
      CHECK(h.log_probability == doctest::Approx(forced).epsilon(1e-5));
      CHECK(h.score == length_penalised(h.log_probability, h.length, options));
    }
  }
}

TEST_CASE("ties go to the earlier hypothesis, then to the smaller token") {
  // All tokens are equally probable: the beam fills with the continuations of its first hypothesis.
  const ScriptedModel model(7, [](const Sentence&, const Sentence&, TokenId) { return Real(0); });
  const std::vector<Sentence> sources = {{4}, {4}};
  const DecodingOptions options = make_options(4, 4, LengthPenalty::none, 6);
  const auto found = beam_search(model, pointers(sources), options);
  REQUIRE(found[0].size() == 4);
  CHECK(found[0][0].tokens == Sentence{});
  CHECK(found[0][1].tokens == Sentence{3});
  CHECK(found[0][2].tokens == Sentence{3, 3});
  CHECK(found[0][3].tokens == Sentence{3, 3, 3});
  CHECK(same({found[0]}, {found[1]}));
  CHECK(greedy_search(model, pointers(sources), options)[0].tokens == Sentence{});
}

TEST_CASE("equal scores are ranked in the order in which they finished") {
  // Uniform predictions have the same average at every length.
  const ScriptedModel model(7, [](const Sentence&, const Sentence&, TokenId) { return Real(0); });
  const std::vector<Sentence> sources = {{4}};
  const auto found =
      beam_search(model, pointers(sources), make_options(2, 2, LengthPenalty::average, 6));
  REQUIRE(found[0].size() == 2);
  CHECK(found[0][0].score == found[0][1].score);
  CHECK(found[0][0].tokens == Sentence{});
  CHECK(found[0][1].tokens == Sentence{3});
}

TEST_CASE("hypotheses that do not end are cut and returned") {
  const Real never = -std::numeric_limits<Real>::infinity();
  const ScriptedModel model(6, [=](const Sentence&, const Sentence& history, TokenId token) {
    if (token == kEos) return never;
    return static_cast<Real>(token) - static_cast<Real>(history.size());
  });
  DecodingOptions options = make_options(3, 2, LengthPenalty::average, 4);
  options.max_length_factor = 1;
  const std::vector<Sentence> sources = {{4, 4, 4}, {4}};
  const auto found = beam_search(model, pointers(sources), options);
  const auto greedy = greedy_search(model, pointers(sources), options);
  for (std::size_t s = 0; s < 2; ++s) {
    const std::size_t length = s == 0 ? 7 : 5;
    REQUIRE(found[s].size() == 2);
    for (const Hypothesis& h : found[s]) {
      CHECK_FALSE(h.finished);
      CHECK(h.length == static_cast<Index>(length));
      CHECK(h.tokens.size() == length);
      CHECK(h.log_probability == doctest::Approx(model.forced_log_probability(sources[s], h.tokens,
                                                                              /*finished=*/false)));
    }
    CHECK(found[s][0].tokens == Sentence(length, 5));
    CHECK(greedy[s].tokens == Sentence(length, 5));
    CHECK_FALSE(greedy[s].finished);
  }
}

TEST_CASE("an ending at the last step beats any number of cut hypotheses") {
  // Only "4 4" may end; it is less probable than what is cut beside it.
  const Real never = -std::numeric_limits<Real>::infinity();
  const ScriptedModel model(6, [=](const Sentence&, const Sentence& history, TokenId token) {
    if (token == kEos) return history == Sentence{4, 4} ? Real(-1) : never;
    return token == 5 ? Real(1) : Real(0);
  });
  const std::vector<Sentence> sources = {{4}};
  const auto found =
      beam_search(model, pointers(sources), make_options(40, 3, LengthPenalty::none, 3));
  REQUIRE(found[0].size() == 1);
  CHECK(found[0][0].tokens == Sentence{4, 4});
  CHECK(found[0][0].finished);
}

TEST_CASE("n-best lists are ordered, without repetitions") {
  const std::vector<Sentence> sources = {{4, 5}, {5}};
  for (const LengthPenalty penalty : kPenalties) {
    const ScriptedModel model(
        30, [random = random_script(3, 3.0)](const Sentence& source, const Sentence& history,
                                             TokenId token) {
          return random(source, history, token) + (token == kEos ? Real(2) : Real(0));
        });
    const auto found = beam_search(model, pointers(sources), make_options(8, 8, penalty, 20));
    for (const auto& list : found) {
      CHECK(list.size() == 8);
      for (std::size_t n = 1; n < list.size(); ++n) {
        CHECK(list[n - 1].score >= list[n].score);
        for (std::size_t m = 0; m < n; ++m) CHECK(list[m].tokens != list[n].tokens);
      }
    }
  }
}

TEST_CASE("finished sentences leave the batch") {
  // A sentence of n tokens gets a translation of n tokens.
  const auto script = [](const Sentence& source, const Sentence& history, TokenId token) {
    const bool end = history.size() >= source.size();
    return (token == kEos) == end ? Real(8) : Real(0);
  };
  const std::vector<Sentence> sources = {{4}, {4, 4, 4}, {4, 4}};
  const ScriptedModel greedy_model(6, script);
  greedy_search(greedy_model, pointers(sources), make_options(1, 1, LengthPenalty::none, 9));
  CHECK(greedy_model.rows_of_steps() == std::vector<Index>{3, 3, 2, 1});

  const ScriptedModel beam_model(6, script);
  const auto found =
      beam_search(beam_model, pointers(sources), make_options(2, 1, LengthPenalty::none, 9));
  // One row a sentence first, then the beam.
  CHECK(beam_model.rows_of_steps() == std::vector<Index>{3, 6, 4, 2});
  for (std::size_t s = 0; s < 3; ++s) CHECK(found[s][0].tokens.size() == sources[s].size());
}

TEST_CASE("a beam may be wider than the vocabulary") {
  const ScriptedModel model(4, random_script(9));
  const std::vector<Sentence> sources = {{4, 5}};
  const auto found =
      beam_search(model, pointers(sources), make_options(50, 50, LengthPenalty::average, 5));
  CHECK(found[0].size() == 5);  // one ending for each length
  const ScriptedModel only_end(3, random_script(9));
  const auto empty =
      beam_search(only_end, pointers(sources), make_options(5, 5, LengthPenalty::none, 5));
  REQUIRE(empty[0].size() == 1);
  CHECK(empty[0][0].tokens.empty());
  CHECK(empty[0][0].length == 1);
}

TEST_CASE("attention belongs to the tokens of the hypothesis and to its source") {
  const std::vector<Sentence> sources = {{4, 5, 6}, {5}};
  const ScriptedModel model(12, random_script(2, 3.0));
  DecodingOptions options = make_options(4, 4, LengthPenalty::gnmt, 9);
  const auto without = beam_search(model, pointers(sources), options);
  options.attention = true;
  const auto found = beam_search(model, pointers(sources), options);
  for (std::size_t s = 0; s < sources.size(); ++s) {
    for (std::size_t n = 0; n < found[s].size(); ++n) {
      const Hypothesis& h = found[s][n];
      CHECK(h.tokens == without[s][n].tokens);
      CHECK(without[s][n].attention.empty());
      REQUIRE(h.attention.size() == static_cast<std::size_t>(h.length));
      for (std::size_t t = 0; t < h.attention.size(); ++t) {
        REQUIRE(h.attention[t].size() == sources[s].size() + 1);
        const Sentence history(h.tokens.begin(), h.tokens.begin() + static_cast<Index>(t));
        for (std::size_t i = 0; i < h.attention[t].size(); ++i) {
          CHECK(h.attention[t][i] ==
                ScriptedModel::attention_weight(history, static_cast<Index>(i)));
        }
      }
    }
  }
}

TEST_CASE("the search reads no memory that was not written") {
  const std::vector<Sentence> sources = {{4, 5, 6}, {5}, {6, 6}};
  const ScriptedModel model(12, random_script(2, 3.0));
  const DecodingOptions options = make_options(4, 4, LengthPenalty::gnmt, 9);
  const auto clean = beam_search(model, pointers(sources), options);
  poison_new_buffers(true);
  const auto poisoned = beam_search(model, pointers(sources), options);
  poison_new_buffers(false);
  CHECK(same(clean, poisoned));
}
