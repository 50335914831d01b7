#include "seqlab/experiment/pronoun_report.hpp"

#include <sstream>

#include "seqlab/data/utf8.hpp"
#include "seqlab/evaluation/estimate.hpp"

namespace seqlab {

namespace {

using Runs = std::vector<PronounRun>;

constexpr double kSufficient = 0.95;

/// A value of one model, seed by seed.
template <typename Value>
std::vector<double> over_seeds(const Runs& runs, const std::string& model, Value value) {
  std::vector<double> values;
  for (const PronounRun& run : runs) {
    if (run.model == model) values.push_back(value(run));
  }
  return values;
}

std::string show(const std::vector<double>& values, int digits) {
  const Estimate estimate = estimate_mean(values);
  if (std::isnan(estimate.half_width)) return fmt::format("{:.{}f}", estimate.mean, digits);
  return fmt::format("{:.{}f} ± {:.{}f}", estimate.mean, digits, estimate.half_width, digits);
}

using Cells = std::vector<std::string>;

/// Columns are as wide as their widest cell; the first is flush left, the others flush right.
std::string markdown(const std::vector<Cells>& rows) {
  std::vector<std::size_t> widths(rows.front().size(), 3);
  for (const Cells& row : rows) {
    for (std::size_t c = 0; c < row.size(); ++c) widths[c] = std::max(widths[c], utf8_width(row[c]));
  }
  std::string text;
  for (std::size_t r = 0; r < rows.size(); ++r) {
    for (std::size_t c = 0; c < rows[r].size(); ++c) {
      const std::string space(widths[c] - utf8_width(rows[r][c]), ' ');
      text += "| " + (c == 0 ? rows[r][c] + space : space + rows[r][c]) + ' ';
    }
    text += "|\n";
    if (r > 0) continue;
    for (std::size_t c = 0; c < widths.size(); ++c) {
      text += c == 0 ? "| " + std::string(widths[c], '-') + ' '
                     : "| " + std::string(widths[c] - 1, '-') + ": ";
    }
    text += "|\n";
  }
  return text;
}

std::string learned_parts(const PronounModelOptions& options) {
  using P = PronounModelOptions::Projections;
  std::vector<std::string> parts;
  if (options.learned_embeddings) parts.emplace_back("embeddings");
  if (options.projections == P::symmetric) parts.emplace_back("W_Q = W_K");
  if (options.projections == P::separate) parts.emplace_back("W_Q, W_K");
  if (options.values) parts.emplace_back("W_V");
  return parts.empty() ? "nothing" : fmt::format("{}", fmt::join(parts, ", "));
}

/// Which word's query is asked, and what is read from its attention.
std::string question(const PronounModelOptions& options) {
  using O = PronounModelOptions;
  const std::string word = options.asked == O::Asked::pronoun ? "pronoun" : "property";
  return word + (options.answer == O::Answer::weights ? "" : ", by context");
}

std::string accuracy_table(const PronounExperiment& experiment, const PronounFloors& floors,
                           const Runs& runs) {
  using O = PronounModelOptions;
  std::vector<Cells> rows = {
      {"model", "layers", "learned", "asked", "parameters", "right %", "lowest", "points right %"}};
  const auto floor = [&rows](const char* name, double accuracy) {
    rows.push_back({name, "", "", "", "0", fmt::format("{:.1f}", 100.0 * accuracy), "", ""});
  };
  floor("(always the first noun)", floors.first_noun);
  floor("(the noun more often meant)", floors.frequent_noun);
  for (const NamedPronounModel& model : experiment.models) {
    const O& o = model.options;
    const auto percent = [&](double PronounRun::*measure) {
      return over_seeds(runs, model.name,
                        [&](const PronounRun& run) { return 100.0 * run.*measure; });
    };
    const std::vector<double> right = percent(&PronounRun::accuracy);
    const std::vector<double> parameters = over_seeds(
        runs, model.name, [](const PronounRun& r) { return static_cast<double>(r.parameters); });
    rows.push_back({model.name, std::to_string(o.layers), learned_parts(o), question(o),
                    fmt::format("{:.0f}", parameters.front()), show(right, 1),
                    fmt::format("{:.1f}", *std::ranges::min_element(right)),
                    show(percent(&PronounRun::pointing), 1)});
  }
  return markdown(rows);
}

std::string word_at(const std::string& sentence, Index place) {
  std::istringstream stream(sentence);
  std::string word;
  for (Index i = 0; i <= place; ++i) stream >> word;
  return word;
}

/// The noun that is meant in each sentence of the story: 0 or 1.
std::vector<std::size_t> meant_nouns(const PronounExperiment& experiment) {
  const PronounText text = make_pronouns(experiment.data);
  std::vector<std::size_t> nouns;
  for (const std::string& sentence : pronoun_story()) {
    nouns.push_back(parse_pronoun_sentence(text, sentence).referent);
  }
  return nouns;
}

/// The values of the first seeds: each draws its own embeddings, so a mean would say nothing.
std::string show_each(std::vector<double> values, int digits) {
  constexpr std::size_t kMost = 3;
  values.resize(std::min(values.size(), kMost));
  std::vector<std::string> texts;
  for (const double value : values) texts.push_back(fmt::format("{:.{}f}", value, digits));
  return fmt::format("{}", fmt::join(texts, " / "));
}

std::string story_table(const PronounExperiment& experiment, const Runs& runs) {
  const std::vector<std::string> sentences = pronoun_story();
  const std::vector<std::size_t> meant = meant_nouns(experiment);
  Cells head = {"pronoun", "noun", "dot product"};
  for (const std::string& model : experiment.story) {
    head.push_back(model + ": score");
    head.push_back("weight");
  }
  std::vector<Cells> rows = {head};
  for (std::size_t i = 0; i < 2 * sentences.size(); ++i) {
    const std::string& sentence = sentences[i / 2];
    const std::size_t noun = i % 2;
    const auto each = [&](const std::string& model, double StoryRow::*measure, int digits) {
      return show_each(
          over_seeds(runs, model, [&](const PronounRun& run) { return run.story[i].*measure; }),
          digits);
    };
    const std::string pronoun = fmt::format("{} {} {}", word_at(sentence, PronounPlaces::kPronoun),
                                            word_at(sentence, PronounPlaces::kPronoun + 1),
                                            word_at(sentence, PronounPlaces::kProperty));
    const std::string word = word_at(sentence, PronounPlaces::kNouns[noun]);
    Cells row = {noun == 0 ? pronoun : "", meant[i / 2] == noun ? "**" + word + "**" : word,
                 each(experiment.story.front(), &StoryRow::dot_product, 1)};
    for (const std::string& model : experiment.story) {
      row.push_back(each(model, &StoryRow::score, 1));
      row.push_back(each(model, &StoryRow::weight, 2));
    }
    rows.push_back(std::move(row));
  }
  return markdown(rows);
}

}  // namespace

std::string smallest_sufficient(const PronounExperiment& experiment, const Runs& runs,
                                double least) {
  using O = PronounModelOptions;
  std::string best;
  Index fewest = 0;
  for (const NamedPronounModel& model : experiment.models) {
    const O& o = model.options;
    if (o.projections == O::Projections::none || o.learned_embeddings ||
        o.asked != O::Asked::pronoun || o.answer != O::Answer::weights) {
      continue;
    }
    Index parameters = 0;
    bool suffices = true;
    for (const PronounRun& run : runs) {
      if (run.model != model.name) continue;
      parameters = run.parameters;
      suffices = suffices && run.accuracy > least;
    }
    if (!suffices || (!best.empty() && parameters >= fewest)) continue;
    best = model.name;
    fewest = parameters;
  }
  return best;
}

std::string pronoun_report(const PronounExperiment& experiment, const PronounFloors& floors,
                           const Runs& runs) {
  std::string text = fmt::format("## {}\n\n", experiment.experiment.name);
  text += accuracy_table(experiment, floors, runs);
  text += fmt::format(
      "\n{} test sentences whose two nouns never met in training; {} seeds, mean and 95 % interval "
      "over seeds. A coin is right in 50 %. points right: the last layer's weight of the noun that "
      "is meant is above the other noun's.\n\n",
      4 * experiment.data.test_groups, experiment.experiment.seeds.size());
  if (!experiment.story.empty()) {
    text += story_table(experiment, runs);
    text +=
        "\nHow the pronoun meets the two nouns of \"the dog chased the ball because it was ..\" "
        "and \"the letters hid the cakes but they were ..\"; the noun that is meant is bold. "
        "Dot product of the embeddings, score of query and key (both over the square root of the "
        "width) and its softmax among the nine words, for each of the first three seeds.\n\n";
  }
  const std::string smallest = smallest_sufficient(experiment, runs, kSufficient);
  text += smallest.empty()
              ? fmt::format("No model with learned projections is right in more than {:.0f} %.\n",
                            100.0 * kSufficient)
              : fmt::format(
                    "The smallest model that resolves the pronoun by learned projections "
                    "(above {:.0f} % with every seed): {}.\n",
                    100.0 * kSufficient, smallest);
  return text;
}

std::string pronoun_accuracy_csv(const Runs& runs) {
  std::string csv = "model,seed,parameters,loss,accuracy,pointing\n";
  for (const PronounRun& run : runs) {
    csv += fmt::format("{},{},{},{:.6f},{:.6f},{:.6f}\n", run.model, run.seed, run.parameters,
                       run.loss, run.accuracy, run.pointing);
  }
  return csv;
}

std::string pronoun_story_csv(const PronounExperiment& experiment, const Runs& runs) {
  const std::vector<std::string> sentences = pronoun_story();
  const std::vector<std::size_t> meant = meant_nouns(experiment);
  std::string csv = "model,seed,sentence,noun,meant,dot_product,score,weight\n";
  for (const PronounRun& run : runs) {
    for (const StoryRow& row : run.story) {
      csv += fmt::format(
          "{},{},{},{},{},{:.6f},{:.6f},{:.6f}\n", run.model, run.seed, sentences[row.sentence],
          word_at(sentences[row.sentence], PronounPlaces::kNouns[row.noun]),
          meant[row.sentence] == row.noun ? 1 : 0, row.dot_product, row.score, row.weight);
    }
  }
  return csv;
}

}  // namespace seqlab
