#pragma once

// What the pronoun experiment says: two tables and a figure for people, the numbers for programs.

#include <string>
#include <vector>

#include "seqlab/experiment/pronoun_experiment.hpp"

namespace seqlab {

/// Accuracy by model with the 95 % interval over seeds; the story's table, with means over seeds;
/// and which models suffice. Markdown.
std::string pronoun_report(const PronounExperiment& experiment, const PronounFloors& floors,
                           const std::vector<PronounRun>& runs);

/// The model with the fewest parameters among those that ask the pronoun, point with learned
/// projections of fixed embeddings and are right in more than `least` of the test sentences with
/// every seed; "" if there is none.
std::string smallest_sufficient(const PronounExperiment& experiment,
                                const std::vector<PronounRun>& runs, double least);

/// A row a run: model,seed,parameters,loss,accuracy,pointing.
std::string pronoun_accuracy_csv(const std::vector<PronounRun>& runs);
/// A row a noun of the story, run by run: model,seed,sentence,noun,meant,dot_product,score,weight.
std::string pronoun_story_csv(const std::vector<PronounRun>& runs);

/// What the figure draws, a row a point: panel, row, label, series, seed, value. In the panel
/// "accuracy" each row is a model and the value its right answers in percent. In the panel "story"
/// each row is a sentence and the value the part of the noun that is meant in the softmax over the
/// two nouns, by plain dot products of embeddings and by each of the story's models.
std::string pronoun_figure_tsv(const PronounExperiment& experiment,
                               const std::vector<PronounRun>& runs);

}  // namespace seqlab
