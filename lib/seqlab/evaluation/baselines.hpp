#pragma once

// Translations without a neural model: the floors that a trained model must beat to mean anything.
// Retrieval and gloss work on lower-cased tokens: words (letters and digits, joined by inner
// apostrophes and hyphens) and single other characters.
//
// Retrieval copies the target of the most similar training source. Similarity is Dice's coefficient
// over tokens, weighted so that rare words count more:
//
//   2 * sum_w idf(w) * min(count_a(w), count_b(w)) / sum_w idf(w) * (count_a(w) + count_b(w)),
//   idf(w) = ln(N / max(1, df(w))), where df(w) of the N training sources hold w.
//
// Of equally similar sources the first one counts. It shows how much of a test set is already in
// the training set. (On verses it finds better translations than the cosine of tf-idf vectors.)
//
// Word gloss replaces every source word by argmax_e t(e | word), in place, under the lexical
// translation model IBM Model 1 (Brown et al. 1993, "The Mathematics of Statistical Machine
// Translation"), trained on the same pairs with expectation maximisation:
//
//   c(e | f) = sum over pairs, e in target, f in source:  t(e | f) / sum_{f' in source} t(e | f')
//   t(e | f) = c(e | f) / sum_e' c(e' | f)
//
// where every source also holds an empty word that explains target words without a source. It
// shows how far one gets with a dictionary, without word order and context. Words unknown to
// training are copied.
//
// ELIZA (history/eliza.hpp) learns nothing and translates nothing: it answers each source as if it
// were the first sentence of a conversation. A model that scores no more keeps nothing of it.

#include <span>
#include <string>
#include <vector>

#include "seqlab/history/eliza.hpp"

namespace seqlab {

/// Their names: retrieval, gloss, eliza.
const std::vector<std::string>& baseline_kinds();

/// A training target for every test source, as it stands in the training set. A source that shares
/// no word with training gives an empty line.
/// Time grows with (test sources) * (training sources that share a word).
std::vector<std::string> retrieval_baseline(std::span<const std::string> train_sources,
                                            std::span<const std::string> train_targets,
                                            std::span<const std::string> test_sources);

/// A gloss for every test source: punctuation attached to words, words in the letter case that they
/// have most often inside training sentences, sentence beginnings in capitals.
/// Training takes `rounds` (at least one) steps from uniform t, each in time proportional to the
/// sum of the products of the lengths; pairs of more than 200 tokens a side are left out.
std::vector<std::string> word_gloss_baseline(std::span<const std::string> train_sources,
                                             std::span<const std::string> train_targets,
                                             std::span<const std::string> test_sources,
                                             int rounds = 5);

/// The answer to every test source of `eliza`, which begins anew with each.
std::vector<std::string> eliza_baseline(Eliza eliza, std::span<const std::string> test_sources);

}  // namespace seqlab
