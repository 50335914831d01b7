// ELIZA through a pipe.

#include <doctest/doctest.h>

#include "system/program.hpp"

using seqlab::contains;

TEST_CASE("A conversation through a pipe is the same every time, a line for a line") {
  const std::string talk =
      "Hello.\nMy model does not learn, but it should.\n\nIt rains.\nI am tired";
  const ProgramResult first = run_seqlab({"eliza"}, talk);
  CHECK(first.status == 0);
  CHECK(first.err == "");
  CHECK(std::count(first.out.begin(), first.out.end(), '\n') == 6);  // the greeting and five
  CHECK(contains(first.out, "WHEN DID IT LAST LEARN"));
  CHECK(contains(first.out, "HOW LONG HAVE YOU BEEN TIRED"));
  CHECK(run_seqlab({"eliza"}, talk).out == first.out);
  const ProgramResult traced = run_seqlab({"eliza", "--trace"}, talk);
  CHECK(contains(traced.out, "| keywords with precedence: MODEL 12, MY 2"));
}

TEST_CASE("A script of one's own is read, a malformed one refused with its line") {
  const Scratch scratch;
  const std::string good = scratch.write("good", "(HI)\n(CAT ((0 CAT 0) (A 2 3)))(NONE ((0) (N)))");
  CHECK(run_seqlab({"eliza", "--script", good}, "the cat sat\nrain\n").out == "HI\nA CAT SAT\nN\n");
  const std::string bad = scratch.write("bad", "(HI)\n(NONE ((0) (N)))\n(CAT ((0) (A 2)))");
  const ProgramResult refused = run_seqlab({"eliza", "--script", bad}, "hello\n");
  CHECK(refused.status == 1);
  CHECK(refused.out == "");
  CHECK(contains(refused.err, bad + ":3: expected the number of a part from 1 to 1"));
  CHECK(run_seqlab({"eliza", "--script", scratch.file("none")}).status == 1);
}

TEST_CASE("Input that is no text is refused") {
  const ProgramResult result = run_seqlab({"eliza"}, "hello\nbad \xFF byte\n");
  CHECK(result.status == 1);
  CHECK(contains(result.err, "standard input:2: invalid UTF-8"));
}
