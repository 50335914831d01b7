#include "seqlab/data/pronouns.hpp"

#include <doctest/doctest.h>

#include <map>
#include <set>

#include "seqlab/error.hpp"
#include "support.hpp"

using namespace seqlab;

namespace {

using Places = PronounPlaces;
using Sentences = std::vector<PronounSentence>;

PronounOptions sizes(Index train, Index test, std::uint64_t seed = 1) {
  return {.train_groups = train, .test_groups = test, .seed = seed};
}

TokenId at(const PronounSentence& sentence, Index place) {
  return sentence.words[static_cast<std::size_t>(place)];
}

/// Whether both nouns are meant equally often among sentences that look alike to a rule which sees
/// only what `view` gives. If they are, no such rule beats a coin.
template <typename View>
bool says_nothing(const Sentences& sentences, View view) {
  std::map<decltype(view(sentences.front())), std::array<int, 2>> counts;
  for (const PronounSentence& sentence : sentences) ++counts[view(sentence)][sentence.referent];
  return std::ranges::all_of(counts, [](const auto& c) { return c.second[0] == c.second[1]; });
}

std::string text_of(const PronounText& text, const PronounSentence& sentence) {
  std::string line;
  for (const TokenId word : sentence.words) {
    line += (line.empty() ? "" : " ") + text.vocabulary[static_cast<std::size_t>(word)];
  }
  return line;
}

}  // namespace

TEST_CASE("Whatever leaves out the property, or the nouns, says nothing about the answer") {
  const PronounText text = make_pronouns(sizes(300, 100));
  for (const Sentences& sentences : {text.train, text.test}) {
    CHECK(says_nothing(sentences, [](const auto&) { return 0; }));  // the position alone
    CHECK(says_nothing(sentences, [](const PronounSentence& s) {    // all but the property
      auto words = s.words;
      words[static_cast<std::size_t>(Places::kProperty)] = 0;
      return words;
    }));
    CHECK(
        says_nothing(sentences, [](const PronounSentence& s) { return at(s, Places::kProperty); }));
    // The property and one noun together do tell.
    CHECK_FALSE(says_nothing(sentences, [](const PronounSentence& s) {
      return std::pair(at(s, Places::kProperty), at(s, Places::kNouns[0]));
    }));
  }
}

TEST_CASE("Every noun is meant in half of the sentences that it stands in") {
  const PronounText text = make_pronouns(sizes(300, 100));
  std::map<TokenId, std::array<int, 2>> counts;  // stands there, is meant
  for (const PronounSentence& sentence : text.train) {
    for (std::size_t noun = 0; noun < 2; ++noun) {
      auto& [all, meant] = counts[at(sentence, Places::kNouns[noun])];
      ++all;
      meant += sentence.referent == noun ? 1 : 0;
    }
  }
  CHECK(counts.size() == 32);  // 16 nouns in two numbers
  for (const auto& [noun, count] : counts) CHECK(count[0] == 2 * count[1]);
}

TEST_CASE("The property and the nouns tell the answer") {
  const PronounText text = make_pronouns(sizes(300, 100));
  std::set<std::pair<TokenId, TokenId>> fits;
  std::set<std::pair<TokenId, TokenId>> fits_not;
  for (const PronounSentence& sentence : text.train) {
    const TokenId property = at(sentence, Places::kProperty);
    fits.emplace(at(sentence, Places::kNouns[sentence.referent]), property);
    fits_not.emplace(at(sentence, Places::kNouns[1 - sentence.referent]), property);
  }
  CHECK(std::ranges::none_of(fits, [&](const auto& pair) { return fits_not.contains(pair); }));
}

TEST_CASE("Nouns that stand together in the test never do in training") {
  const PronounText text = make_pronouns(sizes(2000, 500));
  const auto pairs = [](const Sentences& sentences) {
    std::set<std::set<TokenId>> result;
    for (const PronounSentence& s : sentences) {
      result.insert({at(s, Places::kNouns[0]), at(s, Places::kNouns[1])});
    }
    return result;
  };
  const auto training = pairs(text.train);
  const auto test = pairs(text.test);
  CHECK(training.size() == 144);  // of 6 pairs of kinds, 4 nouns each, two numbers: 192
  CHECK(test.size() == 48);
  CHECK(std::ranges::none_of(test, [&](const auto& pair) { return training.contains(pair); }));
  const auto story = parse_pronoun_sentence(text, "the ball hit the dog and it was asleep");
  CHECK(test.contains({at(story, Places::kNouns[0]), at(story, Places::kNouns[1])}));
}

TEST_CASE("The seed fixes the text") {
  const auto lines = [](const PronounText& text) {
    std::vector<std::string> result;
    for (const PronounSentence& s : text.train) result.push_back(text_of(text, s));
    return result;
  };
  CHECK(lines(make_pronouns(sizes(50, 5))) == lines(make_pronouns(sizes(50, 5))));
  CHECK(lines(make_pronouns(sizes(50, 5))) != lines(make_pronouns(sizes(50, 5, 2))));
}

TEST_CASE("Generated sentences are read as they were made") {
  const PronounText text = make_pronouns(sizes(100, 50));
  for (const PronounSentence& sentence : text.train) {
    const PronounSentence parsed = parse_pronoun_sentence(text, text_of(text, sentence));
    CHECK(parsed.words == sentence.words);
    CHECK(parsed.referent == sentence.referent);
  }
}

TEST_CASE("Other sentences and sizes are refused") {
  const PronounText text = make_pronouns(sizes(1, 1));
  const auto complaint = [&](const std::string& sentence) {
    return message_of<UsageError>([&] { parse_pronoun_sentence(text, sentence); });
  };
  CHECK(contains(complaint("the dog barked"), "3 words"));
  CHECK(
      contains(complaint("the dog chased the moon because it was hungry"), "'moon' is not known"));
  CHECK(contains(complaint("the dog chased the ball because it was stale"), "does not fit"));
  CHECK(contains(complaint("the dog chased the cat because it was hungry"), "does not fit"));
  CHECK_THROWS_AS(make_pronouns(sizes(0, 1)), UsageError);
  CHECK_THROWS_AS(make_pronouns(sizes(1, 0)), UsageError);
}
