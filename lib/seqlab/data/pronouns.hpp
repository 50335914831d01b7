#pragma once

// Sentences in which a pronoun means one of two nouns, and only what is said of it tells which:
//
//   the dog chased the ball because it was hungry       (the dog)
//   the dog chased the ball because it was punctured    (the ball)
//
// as in the Winograd schemas (Levesque 2012). There are four kinds of nouns, and each property can
// be said of one kind. Sentences come in groups of four: both orders of the nouns, and with each
// order a property of the one and of the other. So nothing that leaves out the property, or the
// nouns, says more about the answer than a coin does: not the position, not the frequency of a
// noun, not the verb, not a noun's neighbours; and singular and plural fit both nouns alike.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "seqlab/data/batch.hpp"

namespace seqlab {

struct PronounOptions {
  Index train_groups = 500;  ///< of four sentences each
  Index test_groups = 250;
  std::uint64_t seed = 1;
};

/// Every sentence has these places.
struct PronounPlaces {
  static constexpr std::array<Index, 2> kNouns = {1, 4};
  static constexpr Index kPronoun = 6;
  static constexpr Index kProperty = 8;
  static constexpr Index kLength = 9;
};

struct PronounSentence {
  std::array<TokenId, PronounPlaces::kLength> words;  ///< indices into PronounText::vocabulary
  std::size_t referent = 0;                           ///< 0 or 1: which of the nouns is meant
};

struct PronounText {
  std::vector<std::string> vocabulary;
  std::vector<PronounSentence> train;
  std::vector<PronounSentence> test;
};

/// Two nouns that stand together in a test sentence never do in a training sentence; "dog" and
/// "ball", "cakes" and "letters" are always such nouns.
/// Throws UsageError on sizes below 1.
PronounText make_pronouns(const PronounOptions& options);

/// The sentence of these words, separated by spaces. Throws UsageError if a word is unknown or the
/// sentence is none of the generator's kind.
PronounSentence parse_pronoun_sentence(const PronounText& text, const std::string& sentence);

}  // namespace seqlab
