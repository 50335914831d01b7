// What goes wrong is told in one clear message, with status 2 for wrong usage and 1 for failures,
// and leaves no partial files.

#include <doctest/doctest.h>
#include <unistd.h>

#include <algorithm>

#include "system/program.hpp"

namespace {

using Strings = std::vector<std::string>;

void check_refused(const ProgramResult& result, int status, const Strings& parts) {
  INFO("standard error: ", result.err);
  CHECK(result.status == status);
  CHECK(result.err.find("terminate") == std::string::npos);
  for (const std::string& part : parts) {
    INFO("looked for: ", part);
    CHECK(result.err.find(part) != std::string::npos);
  }
}

std::string parallel_experiment(const std::string& source, const std::string& target) {
  std::string text = "[data]\ntokenizer = word\n";
  for (const char* split : {"train", "valid", "test"}) {
    text +=
        std::string(split) + "_source = " + source + "\n" + split + "_target = " + target + "\n";
  }
  return text + "[model.rnn]\nwidth = 8\n[training]\nmax_updates = 2\nworkers = 1\n";
}

/// Trains on two files and returns what the program says.
ProgramResult train_on(const Scratch& scratch, const std::string& source,
                       const std::string& target) {
  scratch.write("source", source);
  scratch.write("target", target);
  const std::string config = scratch.write("e.cfg", parallel_experiment("source", "target"));
  return run_seqlab({"train", config, "--output", scratch.file("run")});
}

}  // namespace

TEST_CASE("Wrong usage ends with status 2") {
  check_refused(run_seqlab({"trian"}), 2, {"seqlab trian:", "did you mean 'train'", "translate"});
  check_refused(run_seqlab({"train"}), 2, {"seqlab train:", "EXPERIMENT.cfg is missing", "--help"});
  check_refused(run_seqlab({"train", "--frobnicate", "x.cfg"}), 2, {"frobnicate", "--help"});
  check_refused(run_seqlab({"train", "a.cfg", "b.cfg"}), 2, {"b.cfg", "too many"});
  const Scratch scratch;
  const std::string config = scratch.write("e.cfg", tiny_experiment());
  check_refused(run_seqlab({"train", config, "--output", scratch.file("run")}), 2,
                {"--model is missing", "bahdanau lstm"});
  check_refused(run_seqlab({"train", config, "--model", "lsmt", "--output", scratch.file("run")}),
                2, {"did you mean 'lstm'"});
  check_refused(run_seqlab({"train", config, "--model", "lstm"}), 2, {"--output is missing"});
  check_refused(run_seqlab({"train", config, "--model", "lstm", "--seed", "x", "--output", "run"}),
                2, {"seed"});
  check_refused(run_seqlab({"table", scratch.file("e.cfg"), "--format", "html"}), 2, {"markdown"});
  check_refused(run_seqlab({"bench", "--models", "rnn,cnn"}), 2, {"cnn", "transformer"});
  CHECK(!std::filesystem::exists(scratch.file("run")));
}

TEST_CASE("An unknown key is named with file and line, and nothing is made") {
  const Scratch scratch;
  const std::string config =
      scratch.write("e.cfg", "[data]\ntask = copy\n[model.rnn]\nwdith = 9\n");
  check_refused(run_seqlab({"train", config, "--output", scratch.file("run")}), 2,
                {"e.cfg:4", "wdith", "did you mean 'width'"});
  CHECK(!std::filesystem::exists(scratch.file("run")));
}

TEST_CASE("Options of a model that do not fit together are refused") {
  const Scratch scratch;
  const std::string config =
      scratch.write("e.cfg", tiny_experiment("[model.bahdanau]\nbridge = copy\n"));
  check_refused(
      run_seqlab({"train", config, "--model", "bahdanau", "--output", scratch.file("run")}), 2,
      {"bridge"});
}

TEST_CASE("Missing files are named") {
  const Scratch scratch;
  check_refused(run_seqlab({"train", scratch.file("no.cfg"), "--output", scratch.file("run")}), 1,
                {"no.cfg", "No such file"});
  const std::string config = scratch.write("e.cfg", parallel_experiment("nowhere", "target"));
  check_refused(run_seqlab({"train", config, "--output", scratch.file("run")}), 1, {"nowhere"});
  check_refused(run_seqlab({"translate", scratch.file("no-run")}, "a\n"), 1,
                {"no-run", "config.cfg", "seqlab train"});
  check_refused(run_seqlab({"table", scratch.path().string()}), 1, {"no finished run"});
}

TEST_CASE("A misaligned corpus is refused with the numbers of lines") {
  const Scratch scratch;
  check_refused(train_on(scratch, "a\nb\nc\n", "x\ny\n"), 1, {"source", "target", "3", "2"});
}

TEST_CASE("Empty and unusable corpora are refused") {
  {
    const Scratch scratch;
    check_refused(train_on(scratch, "", ""), 1, {"empty"});
  }
  {
    const Scratch scratch;
    check_refused(train_on(scratch, "\n\n", "\n\n"), 1, {"seqlab train"});
  }
  {
    const Scratch scratch;
    check_refused(train_on(scratch, "a\n\xff\xfe\n", "x\ny\n"), 1, {"source", "2", "UTF-8"});
  }
}

TEST_CASE("A run with a wrong or damaged checkpoint does not translate") {
  const Scratch scratch;
  const std::string config = scratch.write("e.cfg", tiny_experiment());
  const std::string run = scratch.file("run");
  REQUIRE(run_seqlab({"train", config, "--model", "lstm", "--output", run, "--set",
                      "training.max_updates=3", "--no-test"})
              .status == 0);
  const std::string weights = run + "/best.safetensors";
  const std::string good = read_whole(weights);

  scratch.write("run/best.safetensors", good.substr(0, good.size() / 2));
  check_refused(run_seqlab({"translate", run}, "a\n"), 1, {"best.safetensors"});
  scratch.write("run/best.safetensors", "no weights at all");
  check_refused(run_seqlab({"translate", run}, "a\n"), 1, {"best.safetensors"});
  std::filesystem::remove(weights);
  check_refused(run_seqlab({"translate", run}, "a\n"), 1, {"best.safetensors", "--resume"});

  const std::string other = scratch.file("other");
  REQUIRE(run_seqlab({"train", config, "--model", "bahdanau", "--output", other, "--set",
                      "training.max_updates=3", "--no-test"})
              .status == 0);
  std::filesystem::copy_file(other + "/best.safetensors", weights);
  check_refused(run_seqlab({"translate", run}, "a\n"), 1, {"best.safetensors"});
  scratch.write("run/best.safetensors", good);
  CHECK(run_seqlab({"translate", run}, "a\n").status == 0);
  check_refused(run_seqlab({"translate", run, "--attention", scratch.file("a.tsv")}, "a\n"), 2,
                {"no attention"});
  const ProgramResult half = run_seqlab({"translate", run}, "a\n\xff\n");
  check_refused(half, 1, {"standard input", "2", "UTF-8"});
  CHECK(std::count(half.out.begin(), half.out.end(), '\n') == 1);  // the good line is not lost
  check_refused(run_seqlab({"translate", run, "--beam", "0"}, "a\n"), 2, {"--beam", "1 or more"});
}

TEST_CASE("A full disk is told once and leaves no partial file") {
  const Scratch scratch;
  const std::string config = scratch.write("e.cfg", tiny_experiment());
  const std::string run = scratch.file("run");
  REQUIRE(run_seqlab({"train", config, "--model", "lstm", "--output", run, "--set",
                      "training.max_updates=3", "--no-test"})
              .status == 0);
  check_refused(run_seqlab({"translate", run}, "a\n", "> /dev/full"), 1,
                {"standard output", "space"});
  check_refused(run_seqlab({"--help"}, "", "> /dev/full"), 1, {"standard output"});

  // A file system that is too small for the checkpoint; only root may make one.
  const std::string disk = scratch.file("disk");
  std::filesystem::create_directory(disk);
  const std::string mount = "mount -t tmpfs -o size=64k none '" + disk + "' 2> /dev/null";
  if (geteuid() != 0 || std::system(mount.c_str()) != 0) return;
  const ProgramResult full =
      run_seqlab({"train", config, "--model", "lstm", "--output", disk + "/run"});
  const Strings files = files_below(disk + "/run");
  CHECK(std::system(("umount '" + disk + "'").c_str()) == 0);
  check_refused(full, 1, {"space"});
  for (const std::string& file : files) {
    INFO("file: ", file);
    CHECK(file.find("tmp") == std::string::npos);
    CHECK(file.find("safetensors") == std::string::npos);
  }
}
