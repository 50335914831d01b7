// seqlab inspect: what attention does to the tokens of a sentence.

#include <iostream>
#include <optional>

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/data/text_file.hpp"
#include "seqlab/decoding/translate.hpp"
#include "seqlab/error.hpp"
#include "seqlab/evaluation/inspection.hpp"
#include "seqlab/experiment/drawing.hpp"
#include "seqlab/experiment/run_directory.hpp"
#include "seqlab/experiment/shipped.hpp"

namespace seqlab {

namespace {

/// The text with its translation: --target, or the model's own. Plain text is a target alone.
std::pair<Sentence, Sentence> sentences(const CommandLine& command, const LoadedRun& run,
                                        const std::string& text) {
  const bool plain = run.experiment.data.language_model();
  const Sentence words = (plain ? run.tokenizers.target : run.tokenizers.source)->encode(text);
  if (words.empty()) throw UsageError("--text has no words");
  if (plain) {
    if (command.has("target")) throw UsageError("--target: a language model translates nothing");
    return {{}, words};
  }
  if (!command.has("target")) {
    return {words, decode(*run.model, {words}, run.experiment.decoding, 1).front().front().tokens};
  }
  return {words, run.tokenizers.target->encode(
                     clean_line(command.get<std::string>("target"), "--target", 1))};
}

/// The attention of --kind and --layer, or the first.
Inspection chosen_attention(const CommandLine& command, const LoadedRun& run,
                            const Sentence& source, const Sentence& target) {
  std::optional<AttentionKind> kind;
  if (command.has("kind")) {
    kind = parse_attention_kind(command.get<std::string>("kind"), "--kind");
  }
  const Index layer = command.place("layer"), head = command.place("head");
  for (Inspection& one : inspect(*run.model, run.tokenizers, source, target, head)) {
    if ((!kind || one.kind == *kind) && (layer < 0 || one.layer == layer)) return std::move(one);
  }
  std::vector<AttentionPlace> places;
  for (const Inspection& one : inspect(*run.model, run.tokenizers, source, target)) {
    places.push_back({one.kind, one.layer, one.heads - 1});
  }
  if (places.empty()) {
    throw UsageError(fmt::format("the model {} has no attention", run.named_model().name));
  }
  throw UsageError(fmt::format("there is no such attention in the model {}; it has: {}",
                               run.named_model().name, list_places(places)));
}

/// --token, or the one whose vector changes most, or else the first.
std::size_t chosen_token(const CommandLine& command, const Inspection& inspection) {
  if (!command.has("token")) {
    const std::vector<double>& change = inspection.change;
    return static_cast<std::size_t>(std::ranges::max_element(change) - change.begin()) %
           inspection.rows.size();
  }
  const auto token = command.get<Index>("token");
  if (token < 0 || token >= static_cast<Index>(inspection.rows.size())) {
    throw UsageError(fmt::format("--token {}; expected a position from 0 to {}", token,
                                 inspection.rows.size() - 1));
  }
  return static_cast<std::size_t>(token);
}

void draw_similarities(const CommandLine& command, const Inspection& inspection, std::size_t token,
                       const std::string& model) {
  const bool own = inspection.kind != AttentionKind::cross;
  const Figure figure = write_figure(
      {command.get<std::string>("output"), "inspect.gp", inspection_tsv(inspection),
       fmt::format("subject = {}\nfirst = {}\nheight = {}\nbefore_label = '{}'\n"
                   "after_label = '{}'\n",
                   gnuplot_quoted(fmt::format("{}: \"{}\" (position {}) in {}", model,
                                              inspection.rows[token], token, inspection.name)),
                   token * inspection.columns.size(), inspection.columns.size(),
                   own ? "Similarity before (cosine)" : "Query to key (cosine)",
                   own ? "Similarity after (cosine)" : "Context to value (cosine)")},
      find_plots(), command.get<std::string>("format"));
  draw(figure);
  std::cout << '\n' << figure.image.string() << '\n';
}

}  // namespace

int inspect_main(int argc, char** argv) {
  using boost::program_options::value;
  CommandLine command(
      "inspect", "RUN",
      "Follows the tokens of a sentence through one attention of a trained model. For each token:\n"
      "the norms of its embedding x, query q, key k and value v and of the context vector that it\n"
      "gets, by how much attention changes its vector (as a share of its length), what it looks\n"
      "at most, and the tokens whose embeddings are nearest to its own embedding before and to "
      "its\n"
      "vector after. Then, for one token: score, weight and weighted value of every other token,\n"
      "and the similarity (cosine) of its vector with theirs before and after attention. In\n"
      "cross-attention, before is query with key and after context with value. Without --kind and\n"
      "--layer, the first attention is shown; without --head, all heads of the layer together.\n"
      "Vectors before and after self-attention are those of the layer, whatever the head.",
      "  seqlab inspect RUN --text \"In the beginning God created the heaven\"\n"
      "  seqlab inspect RUN --text \"a b c\" --kind cross --layer 1 --head 0 --token 2\n"
      "  seqlab inspect RUN --text \"a b c\" --output figures/c        # c.tsv, c.gp, c.svg");
  command.add()("text", value<std::string>()->value_name("TEXT"), "the sentence");
  command.add()("target", value<std::string>()->value_name("TEXT"),
                "a translation of it (default: the model's own)");
  command.add()("kind", value<std::string>()->value_name("KIND"),
                "cross: from target to source; encoder, decoder: within one side, or within both "
                "where\nthere is no encoder");
  command.add()("layer", value<Index>()->value_name("N"), "this layer");
  command.add()("head", value<Index>()->value_name("N"), "this head only");
  command.add()("token", value<Index>()->value_name("N"),
                "position of the token to follow, from 0 (default: the one that changes most)");
  command.add()("output", value<std::string>()->value_name("NAME"),
                "write NAME.tsv, draw NAME.svg by the script NAME.gp");
  command.add()("format", value<std::string>()->value_name("KIND")->default_value("svg"),
                "svg | png | pdf");
  if (!command.parse(argc, argv)) return 0;
  const std::string text = clean_line(command.required("text"), "--text", 1);
  check_figure_format(command.get<std::string>("format"));

  const LoadedRun run = load_run(command.argument());
  const auto [source, target] = sentences(command, run, text);
  const Inspection inspection = chosen_attention(command, run, source, target);
  const std::size_t token = chosen_token(command, inspection);
  std::cout << describe_tokens(inspection) << '\n' << describe_token(inspection, token);
  if (command.has("output")) draw_similarities(command, inspection, token, run.named_model().name);
  return 0;
}

}  // namespace seqlab
