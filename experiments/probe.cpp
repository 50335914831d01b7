// seqlab probe: what one vector knows of its sentence.

#include <iostream>
#include <map>
#include <numeric>

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/error.hpp"
#include "seqlab/evaluation/probe.hpp"
#include "seqlab/experiment/data_sets.hpp"
#include "seqlab/experiment/drawing.hpp"
#include "seqlab/experiment/run_directory.hpp"
#include "seqlab/experiment/shipped.hpp"

namespace seqlab {

namespace {

struct VectorScores {
  std::string vector;
  ProbeScore length;
  std::vector<ProbeScore> words;
};

/// At most `most` source sentences, drawn from all.
std::vector<Sentence> draw_sources(const LoadedRun& run, Split split, std::size_t most) {
  const ParallelText text = load_text(run.experiment.data, split);
  std::vector<std::size_t> places(text.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  Random random(1, "probe");
  random.shuffle(std::span(places));
  places.resize(std::min(places.size(), most));
  std::vector<Sentence> sentences;
  for (const std::size_t place : places) {
    sentences.push_back(run.tokenizers.source->encode(text.source[place]));
  }
  return sentences;
}

void print(const VectorScores& scores) {
  std::cout << fmt::format("\n{}: R^2 of the length {:.3f} ({} sentences to fit, {} to test)\n",
                           scores.vector, scores.length.score, scores.length.train,
                           scores.length.test);
  std::cout << fmt::format("{:<10}{:>10}{:>10}{:>10}{:>10}{:>12}\n", "length", "first", "middle",
                           "last", "mean", "majority");
  std::map<Index, std::vector<const ProbeScore*>> buckets;
  for (const ProbeScore& score : scores.words) buckets[score.bucket.low].push_back(&score);
  for (const auto& [low, positions] : buckets) {
    double mean = 0, majority = 0;
    for (const ProbeScore* score : positions) {
      mean += score->score / static_cast<double>(positions.size());
      majority += score->baseline / static_cast<double>(positions.size());
    }
    std::cout << fmt::format("{:<10}{:>10.3f}{:>10.3f}{:>10.3f}{:>10.3f}{:>12.3f}\n",
                             bucket_label(positions.front()->bucket), positions.front()->score,
                             positions[positions.size() / 2]->score, positions.back()->score, mean,
                             majority);
  }
}

std::string row(const std::string& vector, const std::string& probe, const ProbeScore& score) {
  const bool word = score.position >= 0;
  return fmt::format(
      "{}\t{}\t{}\t{}\t{}\t{}\t{}\t{:.6f}\t{:.6f}\n", vector, probe, score.bucket.low,
      score.bucket.high == LengthBucket::kOpen ? "" : std::to_string(score.bucket.high),
      word ? std::to_string(score.position + 1) : "", score.train, score.test, score.score,
      score.baseline);
}

std::string table(const std::vector<VectorScores>& all) {
  std::string text = "vector\tprobe\tlow\thigh\tposition\ttrain\ttest\tscore\tbaseline\n";
  for (const VectorScores& scores : all) {
    text += row(scores.vector, "length", scores.length);
    for (const ProbeScore& score : scores.words) text += row(scores.vector, "word", score);
  }
  return text;
}

/// A line for each bucket of the chosen vector.
std::string figure_settings(const VectorScores& scores, const std::string& model) {
  std::string lows, names;
  Index last = -1;
  for (const ProbeScore& score : scores.words) {
    if (score.bucket.low == last) continue;
    last = score.bucket.low;
    lows += fmt::format("{}{}", lows.empty() ? "" : " ", last);
    names += fmt::format("{}{}", names.empty() ? "" : " ", bucket_label(score.bucket));
  }
  return fmt::format(
      "subject = {}\nvector = {}\nlows = '{}'\nbuckets = '{}'\n",
      gnuplot_quoted(fmt::format("{}: words that a linear probe reads from {} (length: R² {:.2f})",
                                 model, scores.vector, scores.length.score)),
      gnuplot_quoted(scores.vector), lows, names);
}

}  // namespace

int probe_main(int argc, char** argv) {
  using boost::program_options::value;
  CommandLine command(
      "probe", "RUN",
      "Asks what one vector knows of its sentence: linear probes (ridge regression) are fitted on\n"
      "the frozen vectors of training sentences and scored on the test set's. The vectors are the\n"
      "encoder's summary (encoder.summary), which is all that a decoder with a fixed context\n"
      "sees, and the state that a recurrent decoder starts from (decoder.start). Probes tell the\n"
      "length of the sentence (R^2) and the token at each position by buckets of lengths\n"
      "(accuracy; 'majority' always says the most frequent token).\n"
      "With --output, all scores are written as NAME.tsv and drawn as NAME.svg.",
      "  seqlab probe results/quick/runs/lstm-seed1\n"
      "  seqlab probe RUN --output results/quick/figures/probe-lstm --vector decoder.start");
  command.add()("sentences", value<Index>()->value_name("N")->default_value(10000),
                "training sentences to fit on, at most");
  command.add()("vector", value<std::string>()->value_name("NAME"),
                "what the figure shows: encoder.summary (default) or decoder.start");
  command.add()("output", value<std::string>()->value_name("NAME"),
                "write NAME.tsv, draw NAME.svg by the script NAME.gp");
  command.add()("format", value<std::string>()->value_name("KIND")->default_value("svg"),
                "svg | png | pdf");
  command.add()("threads", value<Index>()->value_name("N")->default_value(available_processors()),
                "threads");
  if (!command.parse(argc, argv)) return 0;
  const std::string format = command.get<std::string>("format");
  check_figure_format(format);
  const Index most = command.get<Index>("sentences");
  if (most < static_cast<Index>(kProbeTrain)) {
    throw UsageError(fmt::format("--sentences {}; expected {} or more", most, kProbeTrain));
  }
  const LoadedRun run = load_run(command.argument());
  const Index threads = command.get<Index>("threads");
  const std::vector<Sentence> train =
      draw_sources(run, Split::train, static_cast<std::size_t>(most));
  const std::vector<Sentence> test =
      draw_sources(run, Split::test, std::numeric_limits<std::size_t>::max());
  if (train.size() < kProbeTrain || test.size() < kProbeTest) {
    throw RuntimeFailure(fmt::format(
        "a probe needs at least {} training and {} test sentences, but the run's data have {} and "
        "{}",
        kProbeTrain, kProbeTest, train.size(), test.size()));
  }
  const std::vector<SentenceVectors> train_vectors = sentence_vectors(*run.model, train, threads);
  if (train_vectors.empty()) {
    throw UsageError(fmt::format("the model {} has no encoder that makes one vector of a sentence",
                                 run.named_model().name));
  }
  const std::vector<SentenceVectors> test_vectors = sentence_vectors(*run.model, test, threads);
  const std::vector<LengthBucket> buckets =
      make_length_buckets(run.experiment.evaluation.length_buckets);
  std::vector<VectorScores> all;
  for (std::size_t v = 0; v < train_vectors.size(); ++v) {
    const DoubleMatrix &fitted = train_vectors[v].values, &tested = test_vectors[v].values;
    all.push_back({train_vectors[v].name, probe_length(fitted, train, tested, test),
                   probe_words(fitted, train, tested, test, buckets)});
    print(all.back());
  }
  const std::string wanted =
      command.has("vector") ? command.get<std::string>("vector") : all.front().vector;
  const auto shown = std::find_if(
      all.begin(), all.end(), [&](const VectorScores& scores) { return scores.vector == wanted; });
  if (shown == all.end()) {
    throw UsageError(fmt::format("--vector '{}'; the model has: encoder.summary{}", wanted,
                                 all.size() > 1 ? ", decoder.start" : ""));
  }
  if (!command.has("output")) return 0;
  const Figure figure = write_figure({command.get<std::string>("output"), "probe.gp", table(all),
                                      figure_settings(*shown, run.named_model().name)},
                                     find_plots(), format);
  draw(figure);
  std::cout << '\n' << figure.image.string() << '\n';
  return 0;
}

}  // namespace seqlab
