// The way from an experiment file to translations, tables and figures, through the real program.

#include <doctest/doctest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "support.hpp"
#include "system/program.hpp"

using seqlab::contains;

namespace {

using Json = nlohmann::json;
using Strings = std::vector<std::string>;

Strings lines_of(const std::string& text) {
  Strings lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// A trained run that the tests share, since training takes a while.
struct Trained {
  Scratch scratch;
  std::string config = scratch.write("tiny.cfg", tiny_experiment());
  std::string run = scratch.file("results/runs/bahdanau-seed1");
  ProgramResult training = run_seqlab({"train", config, "--model", "bahdanau", "--output", run});
};

const Trained& trained() {
  static const Trained instance;
  return instance;
}

}  // namespace

TEST_CASE("Help: of the program, of every command and of experiment files") {
  const ProgramResult help = run_seqlab({"--help"});
  CHECK(help.status == 0);
  for (const char* command :
       {"run", "check", "prepare", "train", "translate", "evaluate", "score", "table", "plot",
        "params", "baseline", "attend", "align", "probe", "gradflow", "bench"}) {
    CHECK(contains(help.out, command));
    const ProgramResult own = run_seqlab({command, "--help"});
    CHECK(own.status == 0);
    CHECK(contains(own.out, std::string("seqlab ") + command));
    CHECK(own.err.empty());
  }
  const std::string keys = run_seqlab({"--help-config"}).out;
  for (const char* part : {"label_smoothing", "decoder = bahdanau", "learned_embeddings"}) {
    CHECK(contains(keys, part));
  }
  CHECK(contains(run_seqlab({"--version"}).out, "seqlab 0."));
}

TEST_CASE("prepare and params look at the data and at the models without training") {
  const ProgramResult prepare = run_seqlab({"prepare", trained().config});
  CHECK(prepare.status == 0);
  CHECK(contains(prepare.out, "train: 2000 pairs"));
  CHECK(contains(prepare.out, "padding"));
  const ProgramResult params = run_seqlab({"params", trained().config});
  CHECK(params.status == 0);
  CHECK(contains(params.out, "decoder.attention"));
  CHECK(contains(params.out, "lstm"));
}

TEST_CASE("train makes a complete run directory") {
  REQUIRE(trained().training.status == 0);
  const Strings files = files_below(trained().run);
  for (const char* file : {"config.cfg", "manifest.json", "train.csv", "valid.csv", "test.json",
                           "by_length.csv", "translations.txt", "best.safetensors", "done"}) {
    INFO("file: ", file);
    CHECK(std::find(files.begin(), files.end(), file) != files.end());
  }
  const Json manifest = Json::parse(read_whole(trained().run + "/manifest.json"));
  CHECK(manifest.at("model") == "bahdanau");
  CHECK(manifest.at("seed") == 1);
  CHECK(manifest.at("parameters").at("all").get<int>() > 1000);
  CHECK(manifest.at("training").at("updates") == 120);
  CHECK(manifest.at("data").at("train").at("checksum").get<std::string>().size() == 16);
  CHECK(contains(manifest.at("machine").at("compiler").get<std::string>(), "1"));
  const Json test = Json::parse(read_whole(trained().run + "/test.json"));
  CHECK(test.at("sentences") == 60);
  CHECK(test.at("perplexity").get<double>() < 6.0);  // better than guessing among six symbols
  CHECK(lines_of(read_whole(trained().run + "/translations.txt")).size() == 60);
}

TEST_CASE("A run is not overwritten, and a finished one is left as it is") {
  REQUIRE(trained().training.status == 0);
  const std::string before = read_whole(trained().run + "/train.csv");
  const Strings again = {"train",    trained().config, "--model",
                         "bahdanau", "--output",       trained().run};
  const ProgramResult refused = run_seqlab(again);
  CHECK(refused.status == 2);
  CHECK(contains(refused.err, "--resume"));
  Strings resume = again;
  resume.push_back("--resume");
  CHECK(run_seqlab(resume).status == 0);
  CHECK(read_whole(trained().run + "/train.csv") == before);
}

TEST_CASE("The resolved config repeats the run, bit for bit") {
  const Scratch scratch;
  const std::string copy = scratch.file("again");
  CHECK(run_seqlab({"train", trained().run + "/config.cfg", "--output", copy}).status == 0);
  CHECK(read_whole(copy + "/best.safetensors") == read_whole(trained().run + "/best.safetensors"));
  CHECK(read_whole(copy + "/translations.txt") == read_whole(trained().run + "/translations.txt"));
}

TEST_CASE("A run that was stopped goes on with the same bits") {
  const Scratch scratch;
  const std::string run = scratch.file("run");
  const Strings train = {"train", trained().config, "--model", "bahdanau", "--output", run};
  Strings first = train;
  // The checkpoint lies in the middle of an epoch, and between two validations.
  first.insert(first.end(), {"--no-test", "--set", "training.max_updates=70"});
  REQUIRE(run_seqlab(first).status == 0);
  CHECK(!std::filesystem::exists(run + "/done"));
  Strings second = train;
  second.push_back("--resume");
  REQUIRE(run_seqlab(second).status == 0);
  CHECK(read_whole(run + "/best.safetensors") == read_whole(trained().run + "/best.safetensors"));
  CHECK(read_whole(run + "/translations.txt") == read_whole(trained().run + "/translations.txt"));
  CHECK(std::filesystem::exists(run + "/done"));
}

TEST_CASE("A signal stops a run at the end of an update, wherever it strikes") {
  const Scratch scratch;
  // Counted from the first update on: how long a start takes depends on the machine.
  const std::string script = scratch.write("stop.sh", R"sh(
"$1" train "$2" --model lstm --set model.width=64 --set training.max_updates=99999 \
  --output "$3" > "$3.log" 2>&1 &
while [ ! -e "$3/train.csv" ] && kill -0 $!; do sleep 0.01; done
sleep "$4"
kill -TERM $!
wait $!
)sh");
  for (const char* seconds : {"0.0", "0.1", "0.2", "0.3", "0.4", "0.5"}) {
    const std::string run = scratch.file(std::string("run") + seconds);
    const int status =
        std::system(("bash " + quoted(script) + ' ' + quoted(SEQLAB_BINARY_DIR "/seqlab") + ' ' +
                     quoted(trained().config) + ' ' + quoted(run) + ' ' + seconds)
                        .c_str());
    CHECK(WEXITSTATUS(status) == 1);
    CHECK(contains(read_whole(run + ".log"), "go on with --resume"));
    CHECK(std::filesystem::exists(run + "/checkpoint/state.safetensors"));
  }
}

TEST_CASE("A run that is killed again and again ends like one that ran through") {
  const Scratch scratch;
  const std::string run = scratch.file("run");
  const std::string command = quoted(SEQLAB_BINARY_DIR "/seqlab") + " train " +
                              quoted(trained().config) + " --model bahdanau --resume --output " +
                              quoted(run) + " --set training.checkpoint_every=7";
  // Counted from a new checkpoint on: how long a start and an update take depends on the machine.
  const std::string script = scratch.write("kill.sh", command + R"sh( > /dev/null 2>&1 &
touch "$1.started"
while [ ! "$1/checkpoint/state.safetensors" -nt "$1.started" ] && kill -0 $!; do sleep 0.001; done
sleep "$2"
kill -KILL $!
wait $!
)sh");
  int killed = 0;
  for (const char* seconds : {"0", "0.001", "0.002", "0.003", "0.005", "0.01"}) {
    const int status =
        std::system(("bash " + quoted(script) + ' ' + quoted(run) + ' ' + seconds + " 2> /dev/null")
                        .c_str());
    killed += WEXITSTATUS(status) == 128 + SIGKILL ? 1 : 0;
  }
  CHECK(killed > 0);
  REQUIRE(std::system((command + " > /dev/null 2>&1").c_str()) == 0);
  for (const char* file : {"best.safetensors", "translations.txt", "by_length.csv"}) {
    CHECK(read_whole(run + '/' + file) == read_whole(trained().run + '/' + file));
  }
  const auto updates = [](const std::string& csv) {
    Strings columns;
    for (const std::string& line : lines_of(csv)) columns.push_back(line.substr(0, line.find(',')));
    return columns;
  };
  CHECK(updates(read_whole(run + "/train.csv")) ==
        updates(read_whole(trained().run + "/train.csv")));
}

TEST_CASE("A resumed run must have the same settings") {
  const Scratch scratch;
  const std::string run = scratch.file("run");
  Strings train = {"train",     trained().config, "--model",
                   "lstm",      "--output",       run,
                   "--no-test", "--set",          "training.max_updates=10"};
  REQUIRE(run_seqlab(train).status == 0);
  train.insert(train.end(), {"--resume", "--set", "model.width=32"});
  const ProgramResult changed = run_seqlab(train);
  CHECK(changed.status == 2);
  CHECK(contains(changed.err, "model.lstm.width: 24 in the run, 32 now"));
}

TEST_CASE("translate: a line out for each line in, empty ones too, whatever the batch") {
  const std::string input = "a b c\n\nb a\n   \nc c c c c c c c\nunheard of\na";
  const ProgramResult result = run_seqlab({"translate", trained().run}, input);
  CHECK(result.status == 0);
  const Strings lines = lines_of(result.out);
  REQUIRE(lines.size() == 7);
  CHECK(lines[1].empty());
  CHECK(lines[3].empty());
  CHECK(!lines[0].empty());
  CHECK(run_seqlab({"translate", trained().run, "--batch", "1", "--threads", "3"}, input).out ==
        result.out);
  const Scratch scratch;
  const std::string file = scratch.write("in.txt", input);
  CHECK(run_seqlab({"translate", trained().run, "--input", file}).out == result.out);
  CHECK(run_seqlab({"translate", trained().run}, "").out.empty());
}

TEST_CASE("translate answers a line at once while the pipe stays open") {
  // The writer goes on only after it has seen the answer to its first line.
  const Scratch scratch;
  const std::string script = scratch.write("talk.sh", R"(
mkfifo in out || exit 9
"$1" translate "$2" < in > out &
exec 3> in 4< out
echo "a b" >&3
IFS= read -r -t 20 first <&4 || exit 8
echo "" >&3
IFS= read -r -t 20 second <&4 || exit 7
exec 3>&-
wait
[ -n "$first" ] && [ -z "$second" ]
)");
  const std::string command = "cd '" + scratch.path().string() + "' && bash '" + script + "' '" +
                              SEQLAB_BINARY_DIR "/seqlab' '" + trained().run + "'";
  CHECK(std::system(command.c_str()) == 0);
}

TEST_CASE("translate: n-best lists and attention weights") {
  const Scratch scratch;
  const std::string table = scratch.file("attention.tsv");
  const ProgramResult result =
      run_seqlab({"translate", trained().run, "--beam", "3", "--nbest", "2", "--attention", table},
                 "a b c\nb\n");
  CHECK(result.status == 0);
  const Strings lines = lines_of(result.out);
  REQUIRE(lines.size() == 4);
  CHECK(contains(lines[0], "0 ||| "));
  CHECK(contains(lines[3], "1 ||| "));
  CHECK(std::count(lines[0].begin(), lines[0].end(), '|') == 6);
  CHECK(std::stod(lines[0].substr(lines[0].rfind('|') + 1)) >=
        std::stod(lines[1].substr(lines[1].rfind('|') + 1)));
  const Strings rows = lines_of(read_whole(table));
  CHECK(rows.size() > 4);
  CHECK(std::count(rows[0].begin(), rows[0].end(), '\t') == 5);
  CHECK(run_seqlab({"translate", trained().run, "--nbest", "9"}, "a\n").status == 2);
}

TEST_CASE("evaluate repeats the numbers of training's test, and takes other texts") {
  const Json test = Json::parse(read_whole(trained().run + "/test.json"));
  const ProgramResult own = run_seqlab({"evaluate", trained().run, "--json"});
  REQUIRE(own.status == 0);
  CHECK(Json::parse(own.out).at("bleu") == test.at("bleu"));
  CHECK(Json::parse(own.out).at("perplexity").get<double>() ==
        doctest::Approx(test.at("perplexity").get<double>()));
  const Scratch scratch;
  const std::string text = scratch.write("text", "a b\nc\n");
  const ProgramResult other =
      run_seqlab({"evaluate", trained().run, "--source", text, "--reference", text});
  CHECK(other.status == 0);
  CHECK(contains(other.out, "BLEU"));
}

TEST_CASE("score reads what translate writes") {
  const Scratch scratch;
  const std::string reference = scratch.write("reference", "the cat sat on the mat\nyes\n");
  const std::string same = scratch.write("same", "the cat sat on the mat\nyes\n");
  const ProgramResult result =
      run_seqlab({"score", "--reference", reference, "--hypothesis", same, "--json"});
  CHECK(result.status == 0);
  CHECK(Json::parse(result.out).at(0).at("score").get<double>() == doctest::Approx(100.0));
}

TEST_CASE("score tests differences to the first system") {
  const Scratch scratch;
  const std::string reference = scratch.write("reference", "the cat sat on the mat\nyes\n");
  const std::string same = scratch.write("same", "the cat sat on the mat\nyes\n");
  const std::string other = scratch.write("other", "the cat is on a mat\nno\n");
  for (const char* test : {"--paired-bs", "--paired-ar"}) {
    const ProgramResult result = run_seqlab(
        {"score", "--reference", reference, "--hypothesis", same, other, test, "--json"});
    CHECK(result.status == 0);
    const Json systems = Json::parse(result.out);
    CHECK(!systems.at(0).contains("p_value"));
    CHECK(systems.at(1).at("p_value").get<double>() > 0);
    CHECK(systems.at(1).at("seed") == "12345");
    CHECK(run_seqlab({"score", "--reference", reference, "--hypothesis", same, test}).status == 2);
  }
}

TEST_CASE("table and plot show all finished runs, floors as well") {
  const std::string results = trained().scratch.file("results");
  REQUIRE(run_seqlab({"train", trained().config, "--model", "lstm", "--output",
                      results + "/runs/lstm-seed1", "--set", "training.max_updates=10"})
              .status == 0);
  REQUIRE(run_seqlab({"baseline", trained().config, "--kind", "retrieval", "--output",
                      results + "/runs/retrieval"})
              .status == 0);
  const ProgramResult table = run_seqlab({"table", results});
  CHECK(table.status == 0);
  const std::size_t bahdanau = table.out.find("| bahdanau");
  const std::size_t lstm = table.out.find("| lstm");
  const std::size_t retrieval = table.out.find("| retrieval");
  CHECK(bahdanau < lstm);
  CHECK(lstm < retrieval);
  CHECK(retrieval != std::string::npos);
  const Strings csv = lines_of(run_seqlab({"table", results, "--format", "csv"}).out);
  REQUIRE(csv.size() == 4);
  for (const std::string& line : csv) {
    CHECK(std::count(line.begin(), line.end(), ',') ==
          std::count(csv[0].begin(), csv[0].end(), ','));
  }
  const ProgramResult plot = run_seqlab({"plot", results, "--format", "png"});
  INFO("plot: ", plot.err);
  CHECK(plot.status == 0);
  CHECK(plot.err.empty());  // gnuplot's warnings
  for (const char* figure : {"exact_by_length", "learning", "quality_cost"}) {
    CHECK(read_whole(results + "/figures/" + figure + ".png").substr(1, 3) == "PNG");
  }
}

TEST_CASE("Committed figures are drawn again from their numbers alone, byte for byte") {
  namespace fs = std::filesystem;
  const Scratch scratch;
  const fs::path copies = scratch.file("results");
  const fs::path committed = SEQLAB_SOURCE_DIR "/results";
  fs::create_directory_symlink(SEQLAB_SOURCE_DIR "/plots", scratch.file("plots"));
  std::set<fs::path> experiments;
  Strings images;
  for (const auto& entry : fs::recursive_directory_iterator(committed / "reference")) {
    const fs::path file = fs::relative(entry.path(), committed);
    // `plot` leaves a gnuplot script beside each of its figures; scaling.tsv belongs to scaling.py.
    const bool of_plot = fs::exists(fs::path(entry.path()).replace_extension(".gp"));
    if (file.extension() == ".tsv" && of_plot) {
      const fs::path folder = copies / file.parent_path();
      experiments.insert(folder.filename() == "figures" ? folder.parent_path() : folder);
      images.push_back(fs::path(file).replace_extension(".svg").string());
    }
    if (file.extension() != ".tsv" && file.extension() != ".gp") continue;
    fs::create_directories(copies / file.parent_path());
    fs::copy_file(entry.path(), copies / file);
  }
  for (const fs::path& experiment : experiments) {
    const ProgramResult plot = run_seqlab({"plot", experiment.string()});
    INFO(experiment.string(), ": ", plot.err);
    CHECK(plot.status == 0);
    CHECK(plot.err.empty());
  }
  const auto gnuplot_version = [](const std::string& svg) {
    const std::size_t start = svg.find("<desc>");
    return start == std::string::npos ? svg : svg.substr(start, svg.find("</desc>") - start);
  };
  CHECK(images.size() >= 4);
  for (const std::string& image : images) {
    INFO(image);
    const std::string drawn = read_whole((copies / image).string());
    const std::string original = read_whole((committed / image).string());
    REQUIRE(contains(drawn, "</svg>"));
    if (gnuplot_version(drawn) == gnuplot_version(original)) CHECK(drawn == original);
  }
}

TEST_CASE("bench measures a model") {
  const ProgramResult result =
      run_seqlab({"bench", "--models", "rnn", "--size", "tiny", "--length", "5", "--batch", "4",
                  "--steps", "2", "--threads", "1", "--profile", "--json"});
  REQUIRE(result.status == 0);
  const Json rows = Json::parse(result.out);
  REQUIRE(rows.size() == 1);
  for (const char* key :
       {"train_target_tokens_per_second", "decode_target_tokens_per_second", "parameters",
        "peak_memory_mb", "gflops", "gemm_limit_gflops", "step_ms", "decode_gflops"}) {
    CHECK(rows[0].at(key).get<double>() > 0);
  }
  double gflop = 0.0;
  for (const Json& operation : rows[0].at("operations")) {
    gflop += operation["forward"]["gflop"].get<double>();
    gflop += operation["backward"]["gflop"].get<double>();
  }
  CHECK(gflop == doctest::Approx(rows[0].at("gflop_per_step").get<double>()));
  double decoding = 0.0;
  for (const Json& operation : rows[0].at("decoding_operations")) {
    decoding += operation["forward"]["gflop"].get<double>();
  }
  const double decoding_seconds = rows[0].at("decode_ms").get<double>() / 1e3;
  CHECK(decoding ==
        doctest::Approx(rows[0].at("decode_gflops").get<double>() * decoding_seconds));
}
