#include "seqlab/history/pattern.hpp"

#include <doctest/doctest.h>

#include "seqlab/history/eliza.hpp"
#include "seqlab/history/script.hpp"

using namespace seqlab;

namespace {

const char* const kTags = "(CAT DLIST(/ANIMAL))(DOG DLIST(/ANIMAL PET))(BREAD DLIST(/FOOD))";

/// The parts with bars between them, or "no match".
std::string parts_of(const std::string& pattern, const std::string& sentence) {
  const Script script =
      parse_script(fmt::format("(HI){}(K ({} (YES)))(NONE ((0) (NO)))", kTags, pattern), "test");
  const auto parts = decompose(script.rules.at("K").transformations[0].pattern,
                               split_sentence(sentence), script.tags);
  if (!parts) return "no match";
  Words texts;
  for (const Words& part : *parts) texts.push_back(join(part));
  return fmt::format("{}", fmt::join(texts, "|"));
}

}  // namespace

TEST_CASE("0 takes any number of words, as few as it can") {
  CHECK(parts_of("(0)", "") == "");
  CHECK(parts_of("(0)", "one two") == "ONE TWO");
  CHECK(parts_of("(0 AND 0)", "you and I and they") == "YOU|AND|I AND THEY");
  CHECK(parts_of("(0 AND 0)", "and") == "|AND|");
  CHECK(parts_of("(0 AND 0)", "you or I") == "no match");
  CHECK(parts_of("(0 A 0 B)", "a b a b") == "|A|B A|B");
  CHECK(parts_of("(0 0 2)", "p q r s") == "|P Q|R S");
}

TEST_CASE("n takes exactly n words") {
  CHECK(parts_of("(2 0)", "p q r") == "P Q|R");
  CHECK(parts_of("(0 2)", "p q r") == "P|Q R");
  CHECK(parts_of("(3)", "p q r") == "P Q R");
  CHECK(parts_of("(3)", "p q") == "no match");
  CHECK(parts_of("(2)", "p q r") == "no match");
}

TEST_CASE("Literal words must be there in order") {
  CHECK(parts_of("(BREAD AND 1)", "bread and butter") == "BREAD|AND|BUTTER");
  CHECK(parts_of("(BREAD AND 1)", "and bread butter") == "no match");
  CHECK(parts_of("(BREAD)", "bread and") == "no match");
}

TEST_CASE("(*A B) takes one of the words, the first that stands there") {
  for (const char* pattern : {"(0 (*BLUE RED) 0)", "(0 (* BLUE RED ) 0)"}) {
    CHECK(parts_of(pattern, "a red and a blue ball") == "A|RED|AND A BLUE BALL");
    CHECK(parts_of(pattern, "a green ball") == "no match");
  }
  CHECK(parts_of("(0 (*A B) (*A B) 0)", "a c b a d") == "A C|B|A|D");
}

TEST_CASE("(/TAG) takes a word that carries one of the tags") {
  CHECK(parts_of("(0 (/PET) 0)", "my cat and my dog") == "MY CAT AND MY|DOG|");
  CHECK(parts_of("(0 (/ANIMAL) 0)", "my cat and my dog") == "MY|CAT|AND MY DOG");
  CHECK(parts_of("(0 (/ PET FOOD) 0)", "the cat ate bread") == "THE CAT ATE|BREAD|");
  CHECK(parts_of("(0 (/FOOD) 0)", "my cat") == "no match");
}

TEST_CASE("A pattern with many 0 on a long sentence needs no patience") {
  std::string sentence;
  for (int i = 0; i < 5000; ++i) sentence += "a ";
  CHECK(parts_of("(0 A 0 A 0 A 0 A 0 A 0 A 0 B)", sentence) == "no match");
}

TEST_CASE("Templates put the parts in their places") {
  const std::vector<Words> parts = {{"A", "B"}, {}, {"C"}};
  CHECK(join(assemble({{"X", 0}, {"", 3}, {"", 2}, {"", 1}, {"", 3}}, parts)) == "X C A B C");
}

TEST_CASE("Patterns and templates are written as scripts have them") {
  const Script script = parse_script(
      fmt::format("(HI){}(K ((0 A 2 (* B C) (/ PET)) (D 3, 1)))(NONE ((0) (NO)))", kTags), "test");
  const Transformation& transformation = script.rules.at("K").transformations[0];
  CHECK(to_string(transformation.pattern) == "(0 A 2 (*B C) (/PET))");
  CHECK(to_string(transformation.reassemblies[0]) == "(D 3, 1)");
}
