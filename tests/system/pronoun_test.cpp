// The pronoun experiment through the real program.

#include <doctest/doctest.h>

#include "system/program.hpp"

using seqlab::contains;

TEST_CASE("run prints and writes the tables of the pronoun experiment") {
  const Scratch scratch;
  const std::string config = scratch.write("p.cfg",
                                           "[data]\ntask = pronoun\ntrain_groups = 40\n"
                                           "[model.one]\n[model.two]\nlayers = 2\n"
                                           "[training]\nupdates = 30\n[evaluation]\nstory = two\n");
  const std::string folder = scratch.file("results/p");
  const ProgramResult result = run_seqlab({"run", config, "--output", folder});
  INFO(result.err);
  CHECK(result.status == 0);
  CHECK(contains(result.out, "| one "));
  CHECK(contains(result.out, "**ball**"));
  CHECK(files_below(folder) == std::vector<std::string>{
                                   "accuracy.csv", "figures/pronoun.gp", "figures/pronoun.svg",
                                   "figures/pronoun.tsv", "story.csv", "table.md"});
  CHECK(!contains(result.err, "warning"));
  CHECK(read_whole(folder + "/table.md") == result.out);
  CHECK(run_seqlab({"run", config, "--output", scratch.file("again")}).out == result.out);

  // Without a story, the figure has one panel.
  const ProgramResult plain = run_seqlab(
      {"run", scratch.write("plain.cfg", "[data]\ntask = pronoun\ntrain_groups = 9\n[model.one]\n"),
       "--output", scratch.file("plain"), "--set", "training.updates=2"});
  INFO(plain.err);
  CHECK(plain.status == 0);
  CHECK(!contains(plain.err, "warning"));

  const ProgramResult refused = run_seqlab({"run", config, "--only", "one"});
  CHECK(refused.status == 2);
  CHECK(contains(refused.err, "--set experiment.models"));
  CHECK(run_seqlab({"run", config, "--set", "model.layers=5"}).status == 2);
  CHECK(run_seqlab({"run", config, "--output", config + "/x"}).status == 1);
}
