#include "seqlab/history/eliza.hpp"

#include <doctest/doctest.h>

#include "seqlab/error.hpp"
#include "seqlab/tensor/random.hpp"
#include "support.hpp"

using namespace seqlab;

namespace {

Eliza make_eliza(const std::string& rules, const std::string& none = "(NONE ((0) (N)))") {
  return Eliza(parse_script("(HELLO THERE)" + rules + none, "test"));
}

Eliza make_advisor() {
  return Eliza(read_script(SEQLAB_SOURCE_DIR "/experiments/eliza/advisor.script"));
}

/// All words a person might say to the advisor.
const std::vector<std::string> kSentences = {
    "Hello.",
    "My model does not converge.",
    "I think you are wrong, my boss said so.",
    "It rains.",
    "I want to sleep",
    "why don't you help me?",
    "I'm tired but you're a computer",
    "The results are strange because my students found a bug",
    "My deadline is in two days",
    "never",
    "",
    "my colleagues need more data",
    "Am I stuck?",
    "Perhaps my loss stays high"};

}  // namespace

TEST_CASE("Sentences are split as the machine read them") {
  CHECK(split_sentence("Hi, it's me.") == Words{"HI", ",", "IT'S", "ME", "."});
  CHECK(split_sentence("What?  No! So: go; now") ==
        Words{"WHAT", ".", "NO", ".", "SO", ".", "GO", ".", "NOW"});
  CHECK(split_sentence("it’s “(good)” = \"x\"\ty") == Words{"IT'S", "GOOD", "X", "Y"});
  CHECK(split_sentence("naïve \xFF") == Words{"NA-VE", "-"});
  CHECK(split_sentence(" \t ").empty());
}

TEST_CASE("The greeting comes from the script") {
  CHECK(make_eliza("").greeting() == "HELLO THERE");
}

TEST_CASE("Substitutions turn the sentence round, whether keywords or not") {
  Eliza eliza = make_eliza("(MY = YOUR)(I = YOU)(ME = YOU)(YOU = I)(TELL ((0) (1)))");
  CHECK(eliza.answer("I tell you my story of me") == "YOU TELL I YOUR STORY OF YOU");
}

TEST_CASE("A strictly higher precedence goes on top of the stack, all else to the bottom") {
  const std::string rules =
      "(LOW ((0) (LOW) (NEWKEY)))(MID 5 ((0) (NEWKEY)))(SAME 5 ((0) (SAME)))(TOP 9 ((0) (NEWKEY)))";
  CHECK(make_eliza(rules).answer("low mid top same") == "LOW");  // top mid low same
  CHECK(make_eliza(rules).answer("mid same low") == "SAME");     // mid same low
  CHECK(make_eliza(rules).answer("mid low top same") == "LOW");  // top mid low same
  Eliza eliza = make_eliza("(ONE ((0) (ONE)))(TWO ((0) (TWO)))");
  CHECK(eliza.answer("one two") == "ONE");
  CHECK(eliza.answer("two one") == "TWO");
}

TEST_CASE("The first pattern that matches answers, and its answers take turns") {
  Eliza eliza = make_eliza("(K ((0 A 0) (A1 3) (A2) (A3 1)) ((0) (B1) (B2)))");
  CHECK(eliza.answer("k a z") == "A1 Z");
  CHECK(eliza.answer("k z") == "B1");
  CHECK(eliza.answer("k a z") == "A2");
  CHECK(eliza.answer("k a z") == "A3 K");
  CHECK(eliza.answer("k a y") == "A1 Y");
  CHECK(eliza.answer("k") == "B2");
}

TEST_CASE("=KEY goes on with another keyword's rules on the same words") {
  Eliza eliza = make_eliza("(K = L ((0) (=M) (OWN)))(M ((0 L 0) (M 1 3)))(P (=M))");
  CHECK(eliza.answer("a k b") == "M A B");
  CHECK(eliza.answer("a k b") == "OWN");
  CHECK(eliza.answer("a k b") == "M A B");
  CHECK(eliza.answer("p l") == "M P");
}

TEST_CASE("A link after the patterns is followed only when none matches") {
  Eliza eliza = make_eliza("(WHY ((0 WHY NOT 0) (NOT 4)) (=WHAT))(WHAT ((0) (W)))");
  CHECK(eliza.answer("why not now") == "NOT NOW");
  CHECK(eliza.answer("why now") == "W");
}

TEST_CASE("NEWKEY goes on with the next keyword, and with NONE when the stack is empty") {
  Eliza eliza = make_eliza("(K 3 ((0) (NEWKEY)))(L ((0) (L)))");
  CHECK(eliza.answer("l k") == "L");
  CHECK(eliza.answer("k") == "N");
}

TEST_CASE("PRE rewrites the sentence and goes on") {
  Eliza eliza = make_eliza(
      "(YOU'RE = I'M ((0 I'M 0) (PRE (I ARE 3) (=YOU))))(YOU = I ((0 I ARE 0) (AM I 4)))");
  CHECK(eliza.answer("well you're late") == "AM I LATE");
}

TEST_CASE("Delimiters: the first clause with a keyword counts") {
  Eliza eliza = make_eliza("(K ((0) (K 1)))(L 9 ((0) (L 1)))");
  CHECK(eliza.answer("Well, so k it is. And l too") == "K SO K IT IS");
  CHECK(eliza.answer("k this but l that") == "K K THIS");
  CHECK(eliza.answer("no but k that, l") == "K K THAT");
  CHECK(eliza.answer("k this and butter l") == "L K THIS AND BUTTER L");
}

TEST_CASE("Without a matching pattern the program itself speaks, by LIMIT") {
  Eliza eliza = make_eliza("(K ((A) (B)))");
  // LIMIT is 1 at the start and counts each sentence before it is answered.
  const Words expected = {"HMMM", "GO ON , PLEASE", "I SEE", "PLEASE CONTINUE", "HMMM"};
  for (const std::string& remark : expected) CHECK(eliza.answer("k") == remark);
}

TEST_CASE("NONE answers in turn when there is no keyword") {
  Eliza eliza = make_eliza("", "(NONE ((0) (N1) (N2)))");
  CHECK(eliza.answer("rain") == "N1");
  CHECK(eliza.answer("") == "N2");
  CHECK(eliza.answer("rain.") == "N1");
}

TEST_CASE("MEMORY notes what the hash of the last word chooses") {
  const std::string rules =
      "(MY = YOUR ((0) (YES)))"
      "(MEMORY MY (0 YOUR 0 = M0 3) (0 YOUR 0 = M1 3) (0 YOUR 0 = M2 3) (0 YOUR 0 = M3 3))";
  Eliza eliza = make_eliza(rules);
  for (const char* sentence :
       {"my cat is here", "so my sister wants kids", "my cat all the time"}) {
    CHECK(eliza.answer(sentence) == "YES");
  }
  CHECK(eliza.state().notes ==
        std::deque<std::string>{"M3 CAT IS HERE", "M1 SISTER WANTS KIDS", "M0 CAT ALL THE TIME"});
}

TEST_CASE("Notes are spoken first in, first out, when LIMIT is 4 and there is no keyword") {
  const std::string rules =
      "(MY = YOUR 2 ((0) (YES)))(TOP 3 ((0) (TOP)))"
      "(MEMORY MY (0 YOUR 0 = M 3) (0 YOUR 0 = M 3) (0 YOUR 0 = M 3) (0 YOUR 0 = M 3))";
  Eliza eliza = make_eliza(rules);
  eliza.answer("my cat");                       // LIMIT 2
  eliza.answer("my dog");                       // 3
  CHECK(eliza.answer("my bird top") == "TOP");  // 4: a keyword; MY is not on top: nothing noted
  CHECK(eliza.answer("rain") == "N");           // 1
  CHECK(eliza.answer("rain") == "N");           // 2
  CHECK(eliza.answer("rain") == "N");           // 3
  CHECK(eliza.answer("rain") == "M CAT");
  for (int i = 0; i < 3; ++i) CHECK(eliza.answer("rain") == "N");
  CHECK(eliza.answer("rain") == "M DOG");
  for (int i = 0; i < 8; ++i) CHECK(eliza.answer("rain") == "N");
}

TEST_CASE("An answer depends on the sentence and the state, not on what was said before") {
  // Whatever was said, putting back a state brings back its answers: there is no other memory.
  Random random(7, "eliza sentences");
  Eliza eliza = make_advisor();
  const ElizaState fresh = eliza.state();
  for (const std::string& sentence : kSentences) {
    const std::string expected = make_advisor().answer(sentence);
    for (int i = 0; i < 5; ++i) eliza.answer(kSentences[random.below(kSentences.size())]);
    eliza.set_state(fresh);
    CHECK(eliza.answer(sentence) == expected);
  }
}

TEST_CASE("Without MEMORY and turns to take, every sentence has one answer") {
  // One answer a pattern, no memory: the history must not matter at all.
  Eliza eliza = make_eliza(
      "(I = YOU ((0 YOU 0) (WHY DO YOU 3)))(MY = YOUR 2 ((0 YOUR 0) (YOUR 3)))(RAIN (=MY))");
  const Words sentences = {"I sing", "my song is old", "nothing", "it said: I rain"};
  std::map<std::string, std::string> first;
  Random random(3, "eliza sentences");
  for (int i = 0; i < 200; ++i) {
    const std::string& sentence = sentences[random.below(sentences.size())];
    if (sentence.ends_with("rain")) {
      CHECK(eliza.answer(sentence) == "WHY DO YOU RAIN");
      continue;
    }
    const auto [known, is_new] = first.emplace(sentence, eliza.answer(sentence));
    if (!is_new) CHECK(eliza.answer(sentence) == known->second);
  }
  CHECK(eliza.state().notes.empty());
}

TEST_CASE("A conversation is the same whenever it is had") {
  Eliza one = make_advisor();
  Eliza two = make_advisor();
  for (int round = 0; round < 3; ++round) {
    for (const std::string& sentence : kSentences)
      CHECK(one.answer(sentence) == two.answer(sentence));
  }
  CHECK(one.state() == two.state());
}

TEST_CASE("Rules that lead round in a circle are told, not followed for ever") {
  Eliza circle = make_eliza("(A (=B))(B (=A))");
  CHECK(contains(message_of<RuntimeFailure>([&] { circle.answer("a"); }), "without end"));
  Eliza growing = make_eliza("(A ((0) (PRE (1 1) (=A))))");
  CHECK(contains(message_of<RuntimeFailure>([&] { growing.answer("a"); }), "without end"));
}

TEST_CASE("The trace tells which rule answered and why") {
  Eliza eliza = make_advisor();
  eliza.answer("Well, my model fails, I think");
  const std::string trace = fmt::format("{}", fmt::join(eliza.trace(), "\n"));
  CHECK(contains(trace, "no keyword in 'WELL'; dropped"));
  CHECK(contains(trace, "MODEL 12, MY 2"));
  CHECK(contains(trace, "MODEL: (0 YOUR MODEL 1 0) matches"));
}
