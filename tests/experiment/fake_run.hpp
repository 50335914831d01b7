#pragma once

// Finished runs that were never run, as tables and figures read them.

#include <filesystem>
#include <fstream>

#include "seqlab/experiment/manifest.hpp"

namespace seqlab::test {

struct FakeRun {
  std::string model;
  int seed = 1;
  double bleu = 0;
  std::string task = "parallel";
  std::string checksum = "00";
  std::string signature = "sig";
  std::string beam = "4";
  std::string tokenizer = "word";
  std::string vocabulary = "a b";
  std::string translations = "a b c d\nx\n";
  std::pair<int, int> training_lengths = {1, 20};
  bool done = true;
};

/// A run of the model "floor" is a baseline.
inline void make_run(const std::filesystem::path& experiment, const FakeRun& run) {
  const bool floor = run.model == "floor";
  const auto folder = experiment / "runs" / (run.model + "-seed" + std::to_string(run.seed));
  std::filesystem::create_directories(folder);
  const auto put = [&folder](const char* name, const std::string& text) {
    std::ofstream(folder / name) << text;
  };
  Json manifest = {
      {"experiment", "fake"},
      {"model", run.model},
      {"seed", run.seed},
      {"models", {"zulu", "alpha"}},
      {"parameters", {{"all", 1000000}}},
      {"data",
       {{"task", run.task}, {"test", {{"checksum", run.checksum}}}, {"training_lengths", {run.training_lengths.first, run.training_lengths.second}}}},
      {"training", {{"flops", 2.5e12}, {"updates", 100 + run.seed}, {"peak_memory", 5000000}}}};
  Json test = {{"bleu", {{"score", run.bleu}, {"signature", run.signature}}},
               {"sentences", 30},
               {"sentence_accuracy", 0.25},
               {"perplexity", nullptr},
               {"decoding", {{"seconds", 0.06}}}};
  if (floor) {
    for (const char* key : {"models", "seed", "training", "parameters"}) manifest.erase(key);
    manifest["baseline"] = "floor";
    test.erase("decoding");
  } else {
    put("joint.vocab", run.vocabulary);
  }
  put("config.cfg", "[data]\ntokenizer = " + run.tokenizer + "\n[decoding]\nbeam = " + run.beam +
                        "\nbatch_sentences = " + std::to_string(run.seed) +
                        "\n[evaluation]\ntokenize = none\nlowercase = false\n");
  put("manifest.json", manifest.dump());
  put("test.json", test.dump());
  put("by_length.csv", "low,high,sentences,bleu,sentence_accuracy,length_ratio\n0,10,20," +
                           std::to_string(run.bleu + 1) + ",0.5,1\n11,,10," +
                           std::to_string(run.bleu - 1) + ",0,1\n");
  put("train.csv", "update,tokens_per_second\n1,10\n2,1000\n3,20\n");
  put("valid.csv", "update,perplexity\n50,9.5\n100,4\n");
  put("translations.txt", run.translations);
  put("references.txt", "a b c d\ne f g h\n");
  if (run.done) put("done", "");
}

}  // namespace seqlab::test
