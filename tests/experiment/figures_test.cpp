#include "seqlab/experiment/figures.hpp"

#include <doctest/doctest.h>

#include "experiment/fake_run.hpp"
#include "seqlab/data/temporary_folder.hpp"
#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/figure_data.hpp"
#include "seqlab/experiment/table.hpp"
#include "support.hpp"

namespace seqlab {
namespace {

using test::make_run;

void write(const std::filesystem::path& file, const std::string& text) {
  std::filesystem::create_directories(file.parent_path());
  std::ofstream(file) << text;
}

TEST_CASE("The numbers of figures are means and intervals over seeds, and gaps are NaN") {
  const TemporaryFolder folder;
  make_run(folder.path(), {.model = "alpha", .seed = 1, .bleu = 10});
  make_run(folder.path(), {.model = "alpha", .seed = 2, .bleu = 20});
  make_run(folder.path(), {.model = "floor", .bleu = 2});
  const auto data = figure_data(load_results(folder.path()));
  REQUIRE(data.size() == 3);
  CHECK(data.at("bleu_by_length") ==
        "experiment\ttrain_low\ttrain_high\tlow\thigh\tmiddle\tlabel\tsentences\talpha:bleu\t"
        "alpha:bleu_ci\talpha:ratio\talpha:ratio_ci\tfloor (floor):bleu\tfloor (floor):bleu_ci\t"
        "floor (floor):ratio\tfloor (floor):ratio_ci\n"
        "fake\t1\t20\t1\t10\t5.5\t1-10\t20\t16\t63.531\t1\t0\t3\tNaN\t1\tNaN\n"
        "fake\t1\t20\t11\t20\t15.5\t11+\t10\t14\t63.531\t1\t0\t1\tNaN\t1\tNaN\n");
  CHECK(data.at("learning") ==
        "experiment\tupdate\talpha:perplexity\talpha:perplexity_ci\n"
        "fake\t50\t9.5\t0\nfake\t100\t4\t0\n");
  CHECK(data.at("quality_cost") ==
        "experiment\tmodel\tmeasure\tscore\tscore_ci\ttraining_flops\tparameters\n"
        "fake\talpha\tBLEU\t15\t63.531\t2.5e+12\t1e+06\n");
}

TEST_CASE("Training lengths that differ are not shaded, and curves end with the first seed") {
  const TemporaryFolder folder;
  make_run(folder.path(), {.model = "alpha", .seed = 1});
  make_run(folder.path(), {.model = "alpha", .seed = 2});
  make_run(folder.path(), {.model = "zulu", .training_lengths = {1, 40}});
  write(folder.path() / "runs/alpha-seed2/valid.csv", "update,perplexity\n50,9.5\n");
  const auto data = figure_data(load_results(folder.path()));
  CHECK(contains(data.at("bleu_by_length"), "\nfake\t0\t0\t1\t10\t"));
  CHECK(contains(data.at("learning"), "fake\t100\t4\tNaN\tNaN\tNaN\n"));
}

TEST_CASE("Capacity is the longest source that is solved, by width, for a task") {
  const TemporaryFolder folder;
  // Fewer sequences, of which nothing is solved, make a series of their own.
  for (const int width : {16, 32}) {
    const std::string name = "lstm-" + std::to_string(width) + "-few";
    make_run(folder.path(), {.model = name, .task = "reverse"});
    const auto run = folder.path() / "runs" / (name + "-seed1");
    write(run / "config.cfg", "[data]\ntokenizer = word\ntrain_size = 5\n[decoding]\nbeam = 4\n"
                              "[evaluation]\ntokenize = none\nlowercase = false\n[model." +
                                  name + "]\nwidth = " + std::to_string(width) +
                                  "\nencoder = lstm\n");
    write(run / "by_length.csv",
          "low,high,sentences,bleu,sentence_accuracy,length_ratio\n0,10,20,0,0.5,1\n");
  }
  for (const int width : {16, 32}) {
    const std::string name = "lstm-" + std::to_string(width) + "-reversed";
    make_run(folder.path(), {.model = name, .task = "reverse"});
    const auto run = folder.path() / "runs" / (name + "-seed1");
    std::ofstream(run / "config.cfg", std::ios::app)
        << "[model." << name << "]\nwidth = " << width << "\nencoder = lstm\n";
    write(run / "by_length.csv",
          "low,high,sentences,bleu,sentence_accuracy,length_ratio\n0,10,20,0,0.95,1\n" +
              std::string(width == 16 ? "11,20,9,0,0.89,1\n" : "11,20,9,0,0.91,1\n") +
              "21,,5,0,0.99,1\n");
  }
  make_run(folder.path(), {.model = "other", .task = "reverse"});
  const auto data = figure_data(load_results(folder.path()));
  CHECK(data.at("capacity") ==
        "experiment\twidth\tlstm-few:longest\tlstm-few:longest_ci\t"
        "lstm-reversed:longest\tlstm-reversed:longest_ci\n"
        "fake, reverse\t16\t0\tNaN\t10\tNaN\nfake, reverse\t32\t0\tNaN\t30\tNaN\n");
  CHECK(data.contains("exact_by_length"));
  CHECK(!data.contains("bleu_by_length"));
}

TEST_CASE("Language models have bits per byte, and no lengths") {
  const TemporaryFolder folder;
  make_run(folder.path(), {.model = "gpt", .task = "language_model"});
  const auto run = folder.path() / "runs" / "gpt-seed1";
  write(run / "test.json", R"({"sentences": 9, "perplexity": 20, "bits_per_byte": 1.5})");
  write(run / "by_length.csv", "low,high,sentences,bleu,sentence_accuracy,length_ratio\n");
  const auto models = load_results(folder.path());
  const auto data = figure_data(models);
  CHECK(data.size() == 2);
  CHECK(data.at("quality_cost") ==
        "experiment\tmodel\tmeasure\tscore\tscore_ci\ttraining_flops\tparameters\n"
        "fake\tgpt\tBits per byte\t1.5\tNaN\t2.5e+12\t1e+06\n");
  CHECK(contains(make_table(models, TableFormat::markdown, {TablePart::quality}, "gpt"),
                 "No tests against gpt: language models have no translations."));
}

TEST_CASE("Figures are found by their tables, without runs") {
  const TemporaryFolder temporary;
  const std::filesystem::path folder = temporary.path() / "it's";
  write(folder / "learning.tsv",
        "experiment\tupdate\ta'b:perplexity\ta'b:perplexity_ci\nverses\t50\t9\tNaN\n");
  write(folder / "exact_by_length.tsv",
        "experiment\ttrain_low\ttrain_high\tlow\thigh\tmiddle\tlabel\tsentences\tx:exact\t"
        "x:exact_ci\nreverse\t1\t20\t1\t10\t5.5\t1-10\t20\t50\t2\n");
  write(folder / "gradient_flow.tsv", "model\tdistance\tnorm\tlow\thigh\nrnn\t1\t2\t1\t4\n");
  write(folder / "heads.gp", "# made by another command\n");
  const std::vector<Figure> figures = find_figures(folder, "plots", "pdf");
  REQUIRE(figures.size() == 4);
  CHECK(figures[3].image == folder / "heads.pdf");
  const std::string learning = read_file(folder / "learning.gp");
  CHECK(contains(learning, "data = 'learning.tsv'\n"));
  CHECK(contains(learning, "array names[1] = ['a''b']\n"));
  CHECK(contains(learning, "subject = 'verses: learning curves'\nwith_intervals = 0\n"));
  CHECK(!contains(learning, temporary.path().string()));  // may be moved with its folder
  const std::string exact = read_file(folder / "exact_by_length.gp");
  CHECK(contains(exact, "train_low = 1\ntrain_high = 20\n"));
  CHECK(contains(exact, "with_intervals = 1\n"));
  CHECK(contains(read_file(folder / "gradient_flow.gp"), "['rnn']"));
}

TEST_CASE("A damaged table of a figure is told with its place") {
  const TemporaryFolder folder;
  const auto check_told = [&](const std::string& text, const char* message) {
    write(folder.path() / "learning.tsv", text);
    CHECK_THROWS_WITH_AS(find_figures(folder.path(), "plots", "svg"), doctest::Contains(message),
                         RuntimeFailure);
  };
  check_told("", "expected a line of headings and rows");
  check_told("experiment\tupdate\nv\t50\n", "no column 'MODEL:perplexity'");
  check_told("update\ta:perplexity\n50\t3\n", "no column 'experiment'");
  check_told("experiment\tupdate\nv\n", "learning.tsv:2: expected 2 fields between tabs, found 1");
}

}  // namespace
}  // namespace seqlab
