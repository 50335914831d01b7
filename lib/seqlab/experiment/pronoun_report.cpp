#include "seqlab/experiment/pronoun_report.hpp"

#include <sstream>

#include "seqlab/evaluation/estimate.hpp"
#include "seqlab/experiment/table_content.hpp"

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
  return markdown_cells(rows);
}

std::string word_at(const std::string& sentence, Index place) {
  std::istringstream stream(sentence);
  std::string word;
  for (Index i = 0; i <= place; ++i) stream >> word;
  return word;
}

/// "it was hungry": what the pronoun's clause says.
std::string clause_of(const std::string& sentence) {
  return fmt::format("{} {} {}", word_at(sentence, PronounPlaces::kPronoun),
                     word_at(sentence, PronounPlaces::kPronoun + 1),
                     word_at(sentence, PronounPlaces::kProperty));
}

std::string noun_of(const std::string& sentence, std::size_t noun) {
  return word_at(sentence, PronounPlaces::kNouns[noun]);
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
    const std::string word = noun_of(sentence, noun);
    Cells row = {noun == 0 ? clause_of(sentence) : "",
                 runs.front().story[i].meant ? "**" + word + "**" : word,
                 each(experiment.story.front(), &StoryRow::dot_product, 1)};
    for (const std::string& model : experiment.story) {
      row.push_back(each(model, &StoryRow::score, 1));
      row.push_back(each(model, &StoryRow::weight, 2));
    }
    rows.push_back(std::move(row));
  }
  return markdown_cells(rows);
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

std::string pronoun_story_csv(const Runs& runs) {
  const std::vector<std::string> sentences = pronoun_story();
  std::string csv = "model,seed,sentence,noun,meant,dot_product,score,weight\n";
  for (const PronounRun& run : runs) {
    for (const StoryRow& row : run.story) {
      csv += fmt::format("{},{},{},{},{},{:.6f},{:.6f},{:.6f}\n", run.model, run.seed,
                         sentences[row.sentence], noun_of(sentences[row.sentence], row.noun),
                         row.meant ? 1 : 0, row.dot_product, row.score, row.weight);
    }
  }
  return csv;
}

std::string pronoun_figure_tsv(const PronounExperiment& experiment, const Runs& runs) {
  std::string tsv = "panel\trow\tlabel\tseries\tseed\tvalue\n";
  const auto add = [&tsv](const char* panel, std::size_t row, const std::string& label,
                          const std::string& series, const PronounRun& run, double value) {
    tsv += fmt::format("{}\t{}\t{}\t{}\t{}\t{:.6f}\n", panel, row, label, series, run.seed, value);
  };
  for (std::size_t m = 0; m < experiment.models.size(); ++m) {
    const std::string& name = experiment.models[m].name;
    for (const PronounRun& run : runs) {
      if (run.model == name) add("accuracy", m, name, "right", run, 100.0 * run.accuracy);
    }
  }
  const std::vector<std::string> sentences = pronoun_story();
  const auto add_story = [&](const std::string& model, const std::string& series,
                             double StoryRow::*measure) {
    for (const PronounRun& run : runs) {
      if (run.model != model) continue;
      for (std::size_t i = 0; i < run.story.size(); i += 2) {  // both nouns of a sentence
        const StoryRow &a = run.story[i], &b = run.story[i + 1];
        const StoryRow &meant = a.meant ? a : b, &other = a.meant ? b : a;
        const std::string& sentence = sentences[meant.sentence];
        add("story", meant.sentence,
            fmt::format("{}: {}", clause_of(sentence), noun_of(sentence, meant.noun)), series, run,
            1.0 / (1.0 + std::exp(other.*measure - meant.*measure)));
      }
    }
  };
  if (experiment.story.empty()) return tsv;
  add_story(experiment.story.front(), "dot product", &StoryRow::dot_product);
  for (const std::string& model : experiment.story) add_story(model, model, &StoryRow::score);
  return tsv;
}

}  // namespace seqlab
