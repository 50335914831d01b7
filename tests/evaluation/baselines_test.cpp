#include "seqlab/evaluation/baselines.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <vector>

using namespace seqlab;

namespace {

using Lines = std::vector<std::string>;

const Lines kGerman{"das Haus ist klein .",
                    "das Buch ist klein .",
                    "ein Buch",
                    "ein Haus",
                    "das",
                    "klein",
                    "ist",
                    "ich sehe Paul",
                    "Paul"};
const Lines kEnglish{"The house is small.",
                     "The book is small.",
                     "A book",
                     "A house",
                     "The",
                     "Small",
                     "Is",
                     "I see Paul",
                     "Paul"};

}  // namespace

TEST_CASE("retrieval copies the target of the most similar source") {
  const Lines sources{"el perro come pan", "el gato come pan", "el perro duerme", "la casa"};
  const Lines targets{"The dog eats bread.", "The cat eats bread.", "The dog SLEEPS", "A house"};
  // An exact match wins, in whatever case; a shared rare word weighs more than shared common ones.
  CHECK(
      retrieval_baseline(sources, targets, Lines{"El Perro duerme", "el gato", "una casa roja"}) ==
      Lines{"The dog SLEEPS", "The cat eats bread.", "A house"});
}

TEST_CASE("retrieval counts how often a word is shared") {
  const Lines sources{"na x", "na na na x", "other words"};
  CHECK(retrieval_baseline(sources, Lines{"one", "three", "none"}, Lines{"na na na", "na"}) ==
        Lines{"three", "one"});
}

TEST_CASE("retrieval takes the first of equally similar sources and nothing without any") {
  const Lines sources{"a b", "a b", "c d"};
  const Lines targets{"first", "second", "third"};
  CHECK(retrieval_baseline(sources, targets, Lines{"a b", "unknown", "", "?"}) ==
        Lines{"first", "", "", ""});
  CHECK(retrieval_baseline(Lines{}, Lines{}, Lines{"a"}) == Lines{""});
  CHECK(retrieval_baseline(sources, targets, Lines{}).empty());
}

TEST_CASE("ELIZA answers each sentence as if it were the first") {
  const Eliza eliza(parse_script("(HELLO) START (NONE ((0) (GO ON) (I SEE))) "
                                 "(MEMORY MY (0 YOUR 0 = A 3) (0 YOUR 0 = B 3) (0 YOUR 0 = C 3) "
                                 "(0 YOUR 0 = D 3)) "
                                 "(MY = YOUR ((0 YOUR 0) (TELL ME OF YOUR 3) (WHY YOUR 3)))",
                                 "test"));
  const Lines sources{"la casa", "my dog", "la casa", "my dog", "la casa", ""};
  const Lines answers = eliza_baseline(eliza, sources);
  CHECK(answers == Lines{"GO ON", "TELL ME OF YOUR DOG", "GO ON", "TELL ME OF YOUR DOG", "GO ON",
                         "GO ON"});  // neither the next answer in turn nor what was noted
}

TEST_CASE("the gloss learns a dictionary from co-occurrence") {
  CHECK(word_gloss_baseline(kGerman, kEnglish, Lines{"ein Haus", "das Buch ist klein ."}, 20) ==
        Lines{"A house", "The book is small."});
}

TEST_CASE("the gloss trains with expectation maximisation") {
  const Lines sources{"a b", "a"}, targets{"x y", "x"};
  // By hand, with the empty word: after one round t(x|b) = t(y|b) = 1/2, and the first wins. After
  // two, c(x|b) = 0.5 / (0.5 + 2 * 5/7) = 0.26 and c(y|b) = 0.5 / (0.5 + 2 * 2/7) = 0.47.
  CHECK(word_gloss_baseline(sources, targets, Lines{"a b"}, 1) == Lines{"X x"});
  CHECK(word_gloss_baseline(sources, targets, Lines{"a b"}, 2) == Lines{"X y"});
}

TEST_CASE("the gloss prints text: case, unknown words, punctuation") {
  const Lines glosses = word_gloss_baseline(
      kGerman, kEnglish, Lines{"sehe Paul", "xyz (Buch)! DAS Öl-Haus, klein?", "", "¿ klein ?"},
      20);
  // Words keep the case they have inside training sentences, unknown ones that of the source;
  // sentences begin with a capital.
  CHECK(glosses[0].ends_with(" Paul"));
  CHECK(glosses[1] == "Xyz (book)! The Öl-Haus, small?");
  CHECK(glosses[2] == "");
  CHECK(glosses[3] == "¿Small?");
}

TEST_CASE("the gloss leaves out pairs that are no sentences") {
  std::string endless;
  for (int i = 0; i < 201; ++i) endless += "ein ";
  Lines sources = kGerman, targets = kEnglish;
  sources.push_back(endless);
  targets.push_back("wrong");
  CHECK(word_gloss_baseline(sources, targets, Lines{"ein Haus", endless}, 20)[0] == "A house");
  CHECK(word_gloss_baseline(sources, targets, kGerman) ==
        word_gloss_baseline(kGerman, kEnglish, kGerman));
  CHECK(word_gloss_baseline(Lines{}, Lines{}, Lines{"Was ?"}) == Lines{"Was?"});
}

TEST_CASE("floors refuse misaligned training text and no training") {
  CHECK_THROWS_AS(retrieval_baseline(Lines{"a"}, Lines{}, Lines{}), std::logic_error);
  CHECK_THROWS_AS(word_gloss_baseline(Lines{"a"}, Lines{}, Lines{}), std::logic_error);
  CHECK_THROWS_AS(word_gloss_baseline(Lines{}, Lines{}, Lines{}, 0), std::logic_error);
}
