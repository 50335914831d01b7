#include "seqlab/experiment/table.hpp"

#include <doctest/doctest.h>

#include <cstdlib>

#include "experiment/fake_run.hpp"
#include "seqlab/data/temporary_folder.hpp"
#include "seqlab/data/text_file.hpp"
#include "seqlab/experiment/table_content.hpp"
#include "support.hpp"

namespace seqlab {
namespace {

using test::make_run;

constexpr TablePart kQuality = TablePart::quality;
constexpr TablePart kCost = TablePart::cost;

/// zulu with one seed, alpha with two, and a floor.
class Experiment {
 public:
  Experiment() {
    make_run(path(), {.model = "alpha", .seed = 1, .bleu = 10});
    make_run(path(), {.model = "alpha", .seed = 2, .bleu = 20});
    make_run(path(), {.model = "zulu", .bleu = 5, .translations = "a b\ny\n"});
    make_run(path(), {.model = "floor", .bleu = 99, .translations = "a\nf g h\n"});
  }
  std::string table(TableFormat format, const std::vector<TablePart>& parts,
                    const std::string& baseline = "") const {
    return make_table(load_results(path()), format, parts, baseline);
  }
  std::filesystem::path path() const { return folder_.path(); }

 private:
  TemporaryFolder folder_;
};

TEST_CASE("CSV holds means and intervals over seeds") {
  const Experiment experiment;
  // t(0.975, 1) = 12.706...: 15 +- 12.706 * 5
  CHECK(experiment.table(TableFormat::csv, {kQuality}) ==
        "model,kind,n,bleu,bleu_ci,exact_percent,exact_percent_ci,bleu_1_10,bleu_1_10_ci,"
        "bleu_11_up,bleu_11_up_ci\n"
        "zulu,model,1,5,,25,,6,,4,\n"
        "alpha,model,2,15,63.53102368,25,0,16,63.53102368,14,63.53102368\n"
        "floor,floor,1,99,,25,,100,,98,\n");
  CHECK(experiment.table(TableFormat::csv, {kCost}) ==
        "model,kind,n,parameters,parameters_ci,training_flops,training_flops_ci,updates,"
        "updates_ci,tokens_per_second,tokens_per_second_ci,decode_ms_per_sentence,"
        "decode_ms_per_sentence_ci,peak_memory_bytes,peak_memory_bytes_ci\n"
        "zulu,model,1,1000000,,2.5e+12,,101,,20,,2,,5000000,\n"
        "alpha,model,2,1000000,0,2.5e+12,0,101.5,6.353102368,20,0,2,0,5000000,0\n"
        "floor,floor,1,,,,,,,,,,,,\n");
}

TEST_CASE("Markdown marks the best trained model and says what the numbers depend on") {
  const Experiment experiment;
  const std::string quality = experiment.table(TableFormat::markdown, {kQuality});
  CHECK(contains(quality, "| alpha         | 2 | **15.0** ± 63.5 |"));
  CHECK(contains(quality, "| floor (floor) | 1 |            99.0 |"));
  CHECK(contains(quality, "BLEU: sig"));
  CHECK(contains(quality, "Decoding: beam 4"));
  CHECK(contains(quality, "30 sentences, checksum 00; tokenizer word"));
  CHECK(!contains(quality, "tokens/s"));  // measured: never the same again
  const std::string cost = experiment.table(TableFormat::markdown, {kCost});
  CHECK(contains(cost, "| training FLOPs (10¹²) |"));
  CHECK(contains(cost, " 20 |"));
  CHECK(!contains(cost, "** |"));  // nothing is best where all are the same
  CHECK(!contains(cost, "floor"));  // costs nothing
}

TEST_CASE("Models are tested against the baseline, with Holm's correction") {
  const Experiment experiment;
  const std::string csv = experiment.table(TableFormat::csv, {kQuality}, "alpha");
  CHECK(contains(csv, ",p_bootstrap,p_randomisation\n"));
  CHECK(contains(csv, "63.53102368,,\n"));  // alpha itself
  CHECK(contains(experiment.table(TableFormat::markdown, {kQuality}, "alpha"),
                 "p: BLEU against alpha"));
  CHECK(contains(experiment.table(TableFormat::markdown, {kQuality}, "other"),
                 "No tests against other: it, or every other model, has no finished run."));
  std::filesystem::remove(experiment.path() / "runs" / "zulu-seed1" / "references.txt");
  CHECK_THROWS_WITH_AS(experiment.table(TableFormat::csv, {kQuality}, "alpha"),
                       doctest::Contains("references.txt"), RuntimeFailure);
}

TEST_CASE("A clear difference is significant, none is not") {
  const TemporaryFolder folder;
  std::string right;
  std::string wrong;
  for (int i = 0; i < 40; ++i) {
    right += "a b c d\n";
    wrong += "e f\n";
  }
  for (const char* model : {"alpha", "beta", "zulu"}) {
    const bool good = std::string(model) == "zulu";
    make_run(folder.path(), {.model = model, .task = "copy", .translations = good ? right : wrong});
    std::ofstream(folder.path() / "runs" / (std::string(model) + "-seed1") / "references.txt")
        << right;
  }
  const std::string csv =
      make_table(load_results(folder.path()), TableFormat::csv, {kQuality}, "alpha");
  CHECK(contains(csv, "\nbeta,model,1,0,25,50,0,1,1\n"));
  CHECK(contains(csv, "\nzulu,model,1,0,25,50,0,0.001998001998,0.000199980002\n"));  // twice p
}

TEST_CASE("Text of any kind survives in every format") {
  TableContent table;
  table.rows = {{.name = "a_b, 50% & \"c\"", .n = 2}};
  TableColumn column{"p", "p|x", 3};
  column.probability = true;
  column.values = {Estimate{2, 0.0001}};
  table.blocks = {{"Part #1", {column}}};
  table.notes = {"x|y ~ {z} ± 10¹²"};
  const std::string latex = latex_table(table);
  CHECK(contains(latex, "a\\_b, 50\\% \\& \"c\" & 2 & $<$\\,0.001 \\\\"));
  CHECK(contains(latex, "x\\textbar\\allowbreak{}y \\~{} \\{z\\} $\\pm$ $10^{12}$"));
  CHECK(contains(latex, "Part \\#1"));
  CHECK(csv_table(table) == "model,kind,n,p\n\"a_b, 50% & \"\"c\"\"\",model,2,0.0001\n");
  CHECK(contains(markdown_table(table), "| < 0.001 |"));
  table.blocks[0].columns[0].title = "peak memory (MB)";
  CHECK(contains(latex_table(table), "& \\shortstack[r]{peak memory\\\\(MB)} \\\\\n"));
}

TEST_CASE("LaTeX compiles as it is") {
  const Experiment experiment;
  write_tables(load_results(experiment.path()), experiment.path(), "alpha");
  for (const char* name : {"table.md", "table.csv", "table-cost.md", "table-cost.csv"}) {
    CHECK(std::filesystem::file_size(experiment.path() / name) > 0);
  }
  for (const std::string name : {"table", "table-cost"}) {
    const std::string text = read_file(experiment.path() / (name + ".tex"));
    CHECK(contains(text, "\\usepackage{booktabs}"));
    CHECK(contains(text, "\\toprule"));
    CHECK(contains(text, "\\end{document}"));
    if (std::system("command -v pdflatex >/dev/null 2>&1") != 0) continue;  // not a dependency
    const std::string command =
        "cd '" + experiment.path().string() + "' && pdflatex -halt-on-error " + name + " >log 2>&1";
    CHECK(std::system(command.c_str()) == 0);
    CHECK(!contains(read_file(experiment.path() / (name + ".log")), "Overfull"));
  }
}

}  // namespace
}  // namespace seqlab
