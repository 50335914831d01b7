#include "seqlab/history/script.hpp"

#include <doctest/doctest.h>

#include "seqlab/error.hpp"
#include "support.hpp"

using namespace seqlab;

namespace {

const std::string kNone = "(NONE ((0) (GO ON)))\n";

/// What is wrong with a script that has a greeting in line 1 and NONE in line 2.
std::string complaint(const std::string& rules) {
  return message_of<RuntimeFailure>([&] { parse_script("(HI)\n" + kNone + rules, "my.script"); });
}

/// Whether the complaint names this line of the rules (from 1) and contains the text.
void check_complaint(const std::string& rules, int line, const std::string& text) {
  const std::string message = complaint(rules);
  INFO("complaint: ", message);
  CHECK(message.starts_with(fmt::format("my.script:{}: ", line + 2)));
  CHECK(contains(message, text));
}

}  // namespace

TEST_CASE("A script's parts are read") {
  const Script script = parse_script(R"(
; a comment with ) and (
(good day.  how is it)
START
(word = other DLIST(/tag) 7
   ((0 (*a b) 2) (first 3) (=link) (NEWKEY) (PRE (x 1) (=link)))
   (=link))
(link((0)(yes)))
(MEMORY link (0 = m1 1) (0 = m2) (1 0 = m3 2) (0 = m4))
(NONE ((0) (go on)))
()
whatever ( follows )",
                                     "test");
  CHECK(join(script.greeting) == "GOOD DAY. HOW IS IT");
  const KeywordRule& rule = script.rules.at("WORD");
  CHECK(rule.substitute == "OTHER");
  CHECK(rule.precedence == 7);
  CHECK(rule.link == "LINK");
  CHECK(rule.line == 5);
  CHECK(script.tags.at("TAG").contains("WORD"));
  Words reassemblies;
  for (const Reassembly& r : rule.transformations[0].reassemblies) {
    reassemblies.push_back(to_string(r));
  }
  CHECK(reassemblies == Words{"(FIRST 3)", "(=LINK)", "(NEWKEY)", "(PRE (X 1) (=LINK))"});
  CHECK(script.memory.keyword == "LINK");
  CHECK(to_string(script.memory.notes[2].pattern) == "(1 0)");
  CHECK(to_string(script.memory.notes[2].text) == "(M3 2)");
  CHECK(script.transformations == 3);
}

TEST_CASE("START, the closing () and MEMORY may be missing") {
  CHECK(parse_script("(HI)" + kNone, "test").rules.empty());
}

TEST_CASE("Parentheses that do not match are told with their line") {
  check_complaint("(A ((0) (B))\n\n(C ((0) (D)))\n", 1, "not closed before the end");
  check_complaint("(A ((0) (B)))\n)", 2, "closes no list");
  check_complaint("\n" + std::string(100'000, '('), 2, "nested");
}

TEST_CASE("Malformed rules are told with line and what was expected") {
  check_complaint("WORD", 1, "expected a rule like");
  check_complaint("(5 ((0) (B)))", 1, "expected a keyword, found 5");
  check_complaint("(A)", 1, "expected what to do with A");
  check_complaint("(A B)", 1, "expected = SUBSTITUTE, DLIST(/TAG), a precedence");
  check_complaint("(A =)", 1, "expected the word that replaces the keyword");
  check_complaint("(A = (B))", 1, "expected the word that replaces the keyword, found (B)");
  check_complaint("(A 99999999999 ((0) (B)))", 1, "expected a number from 0 to");
  check_complaint("(A\n DLIST(PET))", 2, "expected a list like (/WORD WORD), found (PET)");
  check_complaint("(A DLIST)", 1, "expected tags like (/FAMILY)");
  check_complaint("(A\n ((0)))", 2, "expected an answer before the ')'");
  check_complaint("(A (() (B)))", 1, "expected a pattern like");
  check_complaint("(A ((0 (B C)) (D)))", 1, "expected a list like (*WORD WORD), found (B C)");
  check_complaint("(A ((0)\n B))", 2, "expected an answer like (WHY DO YOU ASK), found B");
  check_complaint("(A ((0) ()))", 1, "expected an answer like");
  check_complaint("(A ((0) (B (C))))", 1, "expected a word or the number of a part, found (C)");
  check_complaint("(A ((0 B 0)\n (C 4)))", 2, "number of a part from 1 to 3");
  check_complaint("(A ((0) (C 0)))", 1, "number of a part from 1 to 1");
  check_complaint("(A ((0) (=)))", 1, "expected a keyword");
  check_complaint("(A ((0) (=A B)))", 1, "expected ')' after =A, found B");
  check_complaint("(A ((0) (B))\n (=A) ((0) (C)))", 2, "expected ')' after (=A)");
  check_complaint("(A ((0) (PRE (B))))", 1, "expected a link like (=KEYWORD)");
  check_complaint("(A ((0) (PRE B (=A))))", 1, "expected a sentence like");
  check_complaint("(A ((0) (PRE (B) (=A) C)))", 1, "expected ')' after the link, found C");
  check_complaint("(A ((0) (PRE (B) (C))))", 1, "expected a link like (=KEYWORD), found (C)");
}

TEST_CASE("MEMORY needs a keyword and four notes") {
  const std::string rule = "(A ((0) (B)))\n";
  check_complaint(rule + "(MEMORY)", 2, "expected the keyword whose sentences are noted");
  check_complaint(rule + "(MEMORY A (0 = B) (0 = C) (0 = D))", 2, "expected 4 notes");
  check_complaint(rule + "(MEMORY A (0 = B) (0 = C) (0 = D) (0 = E)\n(0 = F))", 3,
                  "expected ')' after 4 notes");
  check_complaint(rule + "(MEMORY A (0 = B) (0 C)", 2, "not closed");
  check_complaint(rule + "(MEMORY A (0 B) (0 = C) (0 = D) (0 = E))", 2, "expected a note like");
  check_complaint(rule + "(MEMORY A (0 = 2) (0 = C) (0 = D) (0 = E))", 2, "part from 1 to 1");
  check_complaint("(MEMORY B (0 = B) (0 = C) (0 = D) (0 = E))", 1, "keyword B has no rule");
}

TEST_CASE("NONE must answer everything") {
  const auto complain = [](const std::string& none) {
    return message_of<RuntimeFailure>([&] { parse_script("(HI)\n" + none, "my.script"); });
  };
  CHECK(contains(complain(""), "the script has no rule (NONE"));
  for (const char* none : {"(NONE ((0 A 0) (B)))", "(NONE ((0) (NEWKEY)))", "(NONE 3 ((0) (B)))",
                           "(NONE = B ((0) (C)))", "(NONE ((0) (B)) (=NONE))"}) {
    CHECK(contains(complain(none), "my.script:2: expected (NONE ((0) (ANSWER) ..))"));
  }
}

TEST_CASE("Names must exist and rules be there once") {
  check_complaint("\n(A (=B))", 2, "the keyword B has no rule with answers");
  check_complaint("(A (=B))\n(B = C)", 1, "the keyword B has no rule with answers");
  check_complaint("(A ((0) (B)))\n(A ((0) (C)))", 2, "a second rule for A; the first is in line 3");
  check_complaint(kNone, 1, "a second rule for NONE; the first is in line 2");
  check_complaint("(A ((0\n (/PET)) (B)))", 2, "no word has the tag PET");
}

TEST_CASE("Empty scripts and greetings are refused") {
  const auto complain = [](const std::string& text) {
    return message_of<RuntimeFailure>([&] { parse_script(text, "my.script"); });
  };
  CHECK(contains(complain(" ; nothing\n"), "the script is empty; expected a greeting"));
  CHECK(contains(complain("HELLO"), "my.script:1: expected a greeting like"));
  CHECK(contains(complain("(HELLO (THERE))"), "my.script:1: expected a word of the greeting"));
}

TEST_CASE("A script cut off anywhere is refused or complete, never misread") {
  const std::string text = "(HI)\nSTART\n(A = B 3 ((0 (*C D) 0) (E 2) (=A)) (=A))\n" + kNone;
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    CHECK_THROWS_AS(parse_script(text.substr(0, size), "cut"), RuntimeFailure);
  }
  CHECK_NOTHROW(parse_script(text, "whole"));
}

TEST_CASE("The project's own script is well-formed") {
  const Script script = read_script(SEQLAB_SOURCE_DIR "/experiments/eliza/advisor.script");
  CHECK(script.rules.size() > 30);
  CHECK(script.memory.keyword == "MY");
}
