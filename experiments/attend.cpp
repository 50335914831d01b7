// seqlab attend: what a model looks at, in the terminal, as a table and as a figure.

#include <iostream>

#include "command_line.hpp"
#include "commands.hpp"
#include "seqlab/data/text_file.hpp"
#include "seqlab/decoding/translate.hpp"
#include "seqlab/error.hpp"
#include "seqlab/evaluation/heatmap.hpp"
#include "seqlab/experiment/drawing.hpp"
#include "seqlab/experiment/run_directory.hpp"
#include "seqlab/experiment/shipped.hpp"

namespace seqlab {

namespace {

AttentionSelection selection(const CommandLine& command) {
  AttentionSelection selected;
  selected.kind = parse_attention_kind(command.get<std::string>("kind"), "--kind");
  selected.layer = command.place("layer");
  selected.head = command.place("head");
  selected.apart = command.has("apart");
  return selected;
}

/// The panels stand in a grid: a row for each layer, a column for each head.
std::string figure_settings(const std::vector<Heatmap>& heatmaps, const AttentionSelection& chosen,
                            const std::string& model) {
  std::size_t per_row = 0;
  std::string names;
  for (const Heatmap& heatmap : heatmaps) {
    if (heatmap.layer == heatmaps.front().layer) ++per_row;
    names +=
        fmt::format("{}{}", names.empty() ? "" : ", ",
                    gnuplot_quoted(fmt::format("layer {}, head {}", heatmap.layer, heatmap.head)));
  }
  const bool encoder = chosen.kind == AttentionKind::encoder;
  const bool decoder = chosen.kind == AttentionKind::decoder;
  return fmt::format(
      "subject = {}\nrow_label = '{}'\ncolumn_label = '{}'\nheight = {}\nwidth = {}\n"
      "panels = {}\npanels_across = {}\narray names[panels] = [{}]\n",
      gnuplot_quoted(fmt::format("{}: {}", model,
                                 heatmaps.size() == 1 ? heatmaps.front().name
                                                      : attention_kind_name(chosen.kind) +
                                                            "-attention of each layer and head")),
      encoder ? "Source token" : "Target token", decoder ? "Target token read" : "Source token",
      heatmaps.front().rows.size(), heatmaps.front().columns.size(), heatmaps.size(), per_row,
      names);
}

}  // namespace

int attend_main(int argc, char** argv) {
  using boost::program_options::value;
  CommandLine command(
      "attend", "RUN",
      "Shows what the model of a run looks at while it translates a sentence. Rows are the tokens\n"
      "that it predicts, columns the tokens that it can see; each row sums to one. Without an\n"
      "encoder a model looks at source and target at once: of kind cross is its view of the source,\n"
      "whose rows sum to less than one, of kind decoder its view of both. Without --target, the\n"
      "sentence is the model's own translation. Without --layer and --head, the mean over layers\n"
      "and heads is shown; both count from 0. With --output, the weights are written as NAME.tsv\n"
      "and drawn as NAME.svg.",
      "  seqlab attend RUN --source \"Y dijo Dios: Sea la luz: y fué la luz.\"\n"
      "  seqlab attend RUN --source \"a b c\" --target \"c b a\" --layer 1 --head 0\n"
      "  seqlab attend RUN --source \"a b c\" --kind encoder --apart --output heads --format pdf");
  command.add()("source", value<std::string>()->value_name("TEXT"), "the sentence");
  command.add()("target", value<std::string>()->value_name("TEXT"), "a translation of it");
  command.add()("kind", value<std::string>()->value_name("KIND")->default_value("cross"),
                "cross: from target to source; encoder, decoder: within one side (Transformer)");
  command.add()("layer", value<Index>()->value_name("N"), "this layer only");
  command.add()("head", value<Index>()->value_name("N"), "this head only");
  command.add()("apart", "each layer and head apart, not their mean");
  command.add()("output", value<std::string>()->value_name("NAME"),
                "write NAME.tsv, draw NAME.svg by the script NAME.gp");
  command.add()("format", value<std::string>()->value_name("KIND")->default_value("svg"),
                "svg | png | pdf");
  if (!command.parse(argc, argv)) return 0;
  const std::string text = command.required("source");
  const AttentionSelection chosen = selection(command);
  const std::string format = command.get<std::string>("format");
  check_figure_format(format);

  const LoadedRun run = load_run(command.argument());
  if (run.experiment.data.language_model()) {
    throw UsageError(fmt::format(
        "{} is a language model of plain text, which has no source; 'seqlab inspect RUN --text "
        "TEXT' shows what it looks at",
        command.argument()));
  }
  const Sentence source = run.tokenizers.source->encode(clean_line(text, "--source", 1));
  if (source.empty()) throw UsageError("--source has no words");
  Sentence target;
  if (command.has("target")) {
    target = run.tokenizers.target->encode(
        clean_line(command.get<std::string>("target"), "--target", 1));
  } else {
    target = decode(*run.model, {source}, run.experiment.decoding, 1).front().front().tokens;
    std::cout << run.tokenizers.target->decode(target) << "\n\n";
  }
  const std::vector<Heatmap> heatmaps = make_heatmaps(attention_maps(*run.model, source, target),
                                                      chosen, run.tokenizers, source, target);
  for (const Heatmap& heatmap : heatmaps) std::cout << draw_heatmap(heatmap) << '\n';
  if (!command.has("output")) return 0;
  const Figure figure =
      write_figure({command.get<std::string>("output"), "attention.gp", heatmaps_tsv(heatmaps),
                    figure_settings(heatmaps, chosen, run.named_model().name)},
                   find_plots(), format);
  draw(figure);
  std::cout << figure.image.string() << '\n';
  return 0;
}

}  // namespace seqlab
