// What a trained model looks at and knows, through the real program.

#include <doctest/doctest.h>

#include <algorithm>

#include "support.hpp"
#include "system/program.hpp"

using seqlab::contains;

namespace {

/// A run with attention, trained once.
struct TrainedRun {
  explicit TrainedRun(const std::string& model) : run(scratch.file("results/runs/" + model)) {
    const ProgramResult training =
        run_seqlab({"train", scratch.write("tiny.cfg", tiny_experiment()), "--set",
                    "experiment.models=" + model, "--no-test", "--output", run});
    INFO(training.err);
    REQUIRE(training.status == 0);
  }
  Scratch scratch;
  std::string run;
};

const std::string& trained_run() {
  static const TrainedRun trained("bahdanau");
  return trained.run;
}

}  // namespace

TEST_CASE("attend: terminal, table and figure") {
  const Scratch scratch;
  const ProgramResult result =
      run_seqlab({"attend", trained_run(), "--source", "a b c", "--target", "a b c", "--output",
                  scratch.file("map"), "--format", "svg"});
  INFO(result.err);
  CHECK(result.status == 0);
  CHECK(result.err.empty());  // gnuplot's warnings too
  CHECK(contains(result.out, "cross-attention, layer 0, head 0"));
  const std::string table = read_whole(scratch.file("map.tsv"));
  CHECK(std::count(table.begin(), table.end(), '\n') == 1 + 4 * 4);
  CHECK(contains(read_whole(scratch.file("map.svg")), "Source token"));
}

TEST_CASE("A model without an encoder attends and aligns like one with cross-attention") {
  const TrainedRun trained("decoder-only");
  const std::string weights = trained.scratch.file("weights.tsv");
  REQUIRE(run_seqlab({"translate", trained.run, "--beam", "1", "--attention", weights}, "a b c\n")
              .status == 0);
  const std::string table = read_whole(weights);
  CHECK(std::count(table.begin(), table.end(), '\n') % 4 == 1);  // a b c </s> for each token
  CHECK(contains(table, "0\t0\t"));

  const ProgramResult cross = run_seqlab(
      {"attend", trained.run, "--source", "a b c", "--target", "a b c", "--layer", "1", "--head",
       "2", "--output", trained.scratch.file("map")});
  INFO(cross.err);
  CHECK(cross.status == 0);
  CHECK(contains(cross.out, "cross-attention, layer 1, head 2"));
  const std::string map = read_whole(trained.scratch.file("map.tsv"));
  CHECK(std::count(map.begin(), map.end(), '\n') == 1 + 4 * 4);

  const ProgramResult aligned = run_seqlab({"align", trained.run});
  INFO(aligned.err);
  CHECK(aligned.status == 0);
  CHECK(contains(aligned.out, "\nmean      mean "));
  CHECK(contains(aligned.out, "\n1         3    "));
}

TEST_CASE("attend: wrong usage") {
  const ProgramResult kind =
      run_seqlab({"attend", trained_run(), "--source", "a", "--kind", "self"});
  CHECK(kind.status == 2);
  CHECK(contains(kind.err, "valid: cross, encoder, decoder"));
  const ProgramResult head = run_seqlab({"attend", trained_run(), "--source", "a", "--head", "4"});
  CHECK(head.status == 2);
  CHECK(contains(head.err, "it has: cross"));
  CHECK(run_seqlab({"attend", trained_run(), "--source", " "}).status == 2);
}

TEST_CASE("align: the known alignment of copying, gold links and files") {
  const ProgramResult known = run_seqlab({"align", trained_run()});
  INFO(known.err);
  CHECK(known.status == 0);
  CHECK(contains(known.out, "link accuracy"));
  CHECK(contains(known.out, "diagonal" + std::string(18, ' ') + "1.000      1.000   1.000   0.000"));  // of copying

  const Scratch scratch;
  const std::string source = scratch.write("source", "a b c\nd\n");
  const ProgramResult aligned =
      run_seqlab({"align", trained_run(), "--source", source, "--target", source});
  CHECK(aligned.status == 0);
  CHECK(std::count(aligned.out.begin(), aligned.out.end(), '\n') == 2);
  CHECK(aligned.out.ends_with("\n0-0\n"));  // one word has no other choice

  const std::string gold = scratch.write("gold", "0-0 1-1 2?2\n0-0\n");
  const ProgramResult scored =
      run_seqlab({"align", trained_run(), "--source", source, "--target", source, "--gold", gold,
                  "--symmetrise", "grow-diag-final-and", "--scores", scratch.file("scores.tsv"),
                  "--output", scratch.file("out"), "--naacl"});
  INFO(scored.err);
  CHECK(scored.status == 0);
  CHECK(contains(read_whole(scratch.file("scores.tsv")), "bahdanau\tdiagonal\t\t3\t1.000000"));
  CHECK(read_whole(scratch.file("out")).ends_with("\n2 1 1\n"));
}

TEST_CASE("align: links that do not fit the text") {
  const Scratch scratch;
  const std::string text = scratch.write("text", "a b\n");
  const ProgramResult outside = run_seqlab({"align", trained_run(), "--source", text, "--target",
                                            text, "--gold", scratch.write("gold", "0-2\n")});
  CHECK(outside.status == 1);
  CHECK(contains(outside.err, "sentence pair 1 has the link 0-2"));
}

TEST_CASE("probe: scores of both vectors, and a figure") {
  const Scratch scratch;
  const ProgramResult result =
      run_seqlab({"probe", trained_run(), "--output", scratch.file("probe")});
  INFO(result.err);
  CHECK(result.status == 0);
  CHECK(result.err.empty());
  CHECK(contains(result.out, "encoder.summary: R^2 of the length"));
  CHECK(contains(result.out, "decoder.start: R^2 of the length"));
  const std::string table = read_whole(scratch.file("probe.tsv"));
  CHECK(contains(table, "encoder.summary\tlength\t0\t\t\t2000\t60\t"));
  CHECK(contains(table, "decoder.start\tword\t0\t3\t1\t"));
  CHECK(contains(read_whole(scratch.file("probe.svg")), "Accuracy of the probe"));
  const ProgramResult vector = run_seqlab({"probe", trained_run(), "--vector", "memory"});
  CHECK(vector.status == 2);
  CHECK(contains(vector.err, "encoder.summary, decoder.start"));
}

TEST_CASE("align and gradflow: options that make no sense") {
  CHECK(run_seqlab({"align", trained_run(), "--head", "0"}).status == 2);
  CHECK(contains(run_seqlab({"align", trained_run(), "--possible", "nowhere"}).err, "--gold"));
  const ProgramResult few = run_seqlab({"gradflow", trained_run(), "--sentences", "2"});
  CHECK(few.status == 1);
  CHECK(contains(few.err, "expected 5 or more"));
}

TEST_CASE("gradflow: of a run and of an experiment, the same again") {
  const ProgramResult run = run_seqlab({"gradflow", trained_run(), "--length", "5"});
  INFO(run.err);
  CHECK(run.status == 0);
  CHECK(run.out.starts_with("model\tdistance\tnorm\tlow\thigh\tshare\tcount\n"));
  // Six states, the last word the fifth: distances 5 to 10.
  CHECK(std::count(run.out.begin(), run.out.end(), '\n') == 7);
  CHECK(contains(run.out, "bahdanau\t10\t"));
  const ProgramResult experiment =
      run_seqlab({"gradflow", trained_run() + "/../..", "--length", "5"});
  CHECK(experiment.out == run.out);
  const ProgramResult untrained =
      run_seqlab({"gradflow", trained_run(), "--length", "5", "--untrained"});
  CHECK(untrained.status == 0);
  CHECK(untrained.out.size() > 100);
  CHECK(untrained.out != run.out);
  CHECK(run_seqlab({"gradflow", trained_run(), "--target", "middle"}).status == 2);
  CHECK(run_seqlab({"gradflow", "nowhere"}).status == 1);
}
