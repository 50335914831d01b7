// seqlab inspect on a run.

#include <doctest/doctest.h>

#include "system/program.hpp"

using seqlab::contains;

TEST_CASE("inspect follows tokens, draws a figure and refuses what is not there") {
  const Scratch scratch;
  const std::string config = scratch.write("tiny.cfg", tiny_experiment());
  const std::string run = scratch.file("run");
  REQUIRE(run_seqlab({"train", config, "--model", "bahdanau", "--output", run, "--set",
                      "training.max_updates=2"})
              .status == 0);
  const ProgramResult shown = run_seqlab({"inspect", run, "--text", "a b c", "--target", "a b",
                                          "--token", "1", "--output", scratch.file("figure")});
  INFO(shown.err);
  CHECK(shown.status == 0);
  CHECK(shown.err == "");
  CHECK(contains(shown.out, "decoder.attention"));
  CHECK(contains(read_whole(scratch.path() / "figure.svg"), "Context to value"));
  const std::string tsv = read_whole(scratch.path() / "figure.tsv");
  CHECK(std::count(tsv.begin(), tsv.end(), '\n') == 1 + 3 * 4);

  const auto refuse = [&](const std::vector<std::string>& more, const std::string& message) {
    std::vector<std::string> arguments = {"inspect", run};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const ProgramResult refused = run_seqlab(arguments);
    CHECK(refused.status == 2);
    CHECK(contains(refused.err, message));
  };
  refuse({}, "--text is missing");
  refuse({"--text", " "}, "--text has no words");
  refuse({"--text", "a", "--target", "a", "--token", "9"}, "a position from 0 to 1");
  refuse({"--text", "a", "--kind", "x"}, "valid: cross, encoder, decoder");
  refuse({"--text", "a", "--layer", "-1"}, "--layer -1; expected 0 or more");
  refuse({"--text", "a", "--head", "1"}, "it has: cross (layers 0-0, heads 0-0)");
  refuse({"--text", "a", "--kind", "encoder"}, "it has: cross (layers 0-0, heads 0-0)");
}
