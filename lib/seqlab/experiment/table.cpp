#include "seqlab/experiment/table.hpp"

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/evaluation/significance.hpp"
#include "seqlab/experiment/differences.hpp"
#include "seqlab/experiment/table_content.hpp"

namespace seqlab {

namespace {

using Better = TableColumn::Better;
using Models = std::vector<ModelResults>;

/// Buckets with fewer sentences are too noisy to stand for short or long sentences.
constexpr double kEnoughSentences = 30;

/// Median of train.csv's target tokens a second.
double training_speed(const RunResult& run) {
  if (run.baseline) return Estimate::kUnknown;
  std::vector<double> speeds =
      read_number_table(run.directory / "train.csv").column("tokens_per_second");
  if (speeds.empty()) return Estimate::kUnknown;
  const auto middle = speeds.begin() + static_cast<std::ptrdiff_t>(speeds.size() / 2);
  std::nth_element(speeds.begin(), middle, speeds.end());
  return *middle;
}

double decoding_time(const RunResult& run) {
  return 1000 * json_number(run.test, "/decoding/seconds") / json_number(run.test, "/sentences");
}

/// Marks the best mean of the trained models, as it is shown; floors do not compete. Where all are
/// the same, none is.
void mark_best(TableColumn& column, const Models& models) {
  if (column.better == Better::neither) return;
  const double sign = column.better == Better::higher ? 1 : -1;
  const double step = column.scale * std::pow(10.0, -column.digits);
  double best = -std::numeric_limits<double>::infinity();
  double worst = std::numeric_limits<double>::infinity();
  std::vector<double> shown;
  for (std::size_t i = 0; i < models.size(); ++i) {
    shown.push_back(sign * std::round(column.values[i].mean / step));
    if (models[i].baseline) continue;
    if (shown[i] > best) best = shown[i];
    if (shown[i] < worst) worst = shown[i];
  }
  if (best == worst) return;
  for (std::size_t i = 0; i < models.size(); ++i) {
    column.best.push_back(!models[i].baseline && shown[i] == best);
  }
}

/// A column that no model has a value for is left out.
void add_column(TableBlock& block, TableColumn column) {
  if (std::ranges::all_of(column.values, [](const Estimate& e) { return std::isnan(e.mean); })) {
    return;
  }
  block.columns.push_back(std::move(column));
}

class BlockWriter {
 public:
  BlockWriter(const char* title, const Models& models) : models_(models) { block_.title = title; }

  void add(TableColumn column, const RunValue& value) {
    for (const ModelResults& model : models_) column.values.push_back(over_seeds(model, value));
    mark_best(column, models_);
    add_column(block_, std::move(column));
  }
  void add_p_values(TableColumn column, const std::vector<Difference>& differences,
                    double Difference::*test) {
    column.digits = 3;
    column.probability = true;
    for (const Difference& difference : differences) {
      Estimate& value = column.values.emplace_back();
      value.mean = difference.*test;
    }
    add_column(block_, std::move(column));
  }
  const TableBlock& block() const { return block_; }

 private:
  const Models& models_;
  TableBlock block_;
};

/// The shortest and the longest bucket of enough sentences; nothing if there are not two.
std::vector<BucketRow> short_and_long(const Models& models) {
  const std::vector<BucketRow> all = all_buckets(models);
  std::vector<BucketRow> ends;
  std::ranges::copy_if(all, std::back_inserter(ends), [](const BucketRow& bucket) {
    return bucket.sentences >= kEnoughSentences;
  });
  if (ends.size() < 2) ends = all;
  if (ends.size() < 2) return {};
  return {ends.front(), ends.back()};
}

TableBlock quality_block(const Models& models, const std::vector<Difference>& differences) {
  BlockWriter writer("Quality", models);
  writer.add({"perplexity", "perplexity", 2, Better::lower}, test_value("/perplexity"));
  writer.add({"bits_per_byte", "bits/byte", 3, Better::lower}, test_value("/bits_per_byte"));
  writer.add({"bleu", "BLEU", 1, Better::higher}, test_value("/bleu/score"));
  writer.add({"chrf2", "chrF2", 1, Better::higher}, test_value("/chrf2/score"));
  writer.add({"exact_percent", "exact %", 1, Better::higher},
             test_value("/sentence_accuracy", 100));
  const bool exact = main_measure(models) == MainMeasure::exact_match;
  for (const BucketRow& bucket : short_and_long(models)) {
    const std::string label = bucket_label(bucket);
    const std::string key =
        fmt::format("{}_{}_{}", exact ? "exact_percent" : "bleu", std::max(1.0, bucket.low),
                    std::isnan(bucket.high) ? "up" : fmt::format("{}", bucket.high));
    writer.add({key, fmt::format("{} {}", exact ? "exact %" : "BLEU", label), 1, Better::higher},
               [&](const RunResult& run) {
                 return bucket_value(run, bucket.low, exact ? &BucketRow::exact : &BucketRow::bleu);
               });
  }
  if (!differences.empty()) {
    writer.add_p_values({"p_bootstrap", "p (BS)"}, differences, &Difference::bootstrap);
    writer.add_p_values({"p_randomisation", "p (AR)"}, differences, &Difference::randomisation);
  }
  return writer.block();
}

/// A power of a thousand that leaves few digits before the decimal point.
std::pair<double, const char*> flops_unit(const Models& models) {
  double most = 0;
  for (const ModelResults& model : models) {
    most = std::fmax(most, over_seeds(model, manifest_value("/training/flops")).mean);
  }
  if (most >= 1e15) return {1e15, "10¹⁵"};
  if (most >= 1e12) return {1e12, "10¹²"};
  return {1e9, "10⁹"};
}

TableBlock cost_block(const Models& models) {
  BlockWriter writer("Cost", models);
  writer.add({"parameters", "parameters (M)", 2, Better::neither, 1e6},
             manifest_value("/parameters/all"));
  const auto [scale, power] = flops_unit(models);
  writer.add({"training_flops", fmt::format("training FLOPs ({})", power), 1, Better::lower, scale},
             manifest_value("/training/flops"));
  writer.add({"updates", "updates"}, manifest_value("/training/updates"));
  writer.add({"tokens_per_second", "tokens/s", 0, Better::higher}, training_speed);
  writer.add({"decode_ms_per_sentence", "decode ms/sentence", 2, Better::lower}, decoding_time);
  writer.add({"peak_memory_bytes", "peak memory (MB)", 0, Better::lower, 1e6},
             manifest_value("/training/peak_memory"));
  return writer.block();
}

std::string setting(const RunResult& run, const std::string& key) {
  const auto found = run.settings.find(key);
  return found == run.settings.end() ? std::string("unknown") : found->second;
}

std::string data_note(const Models& models, const RunResult& run) {
  std::string note =
      fmt::format("Data: {}, task {}; test: {:.0f} sentences, checksum {}",
                  run.manifest.value("experiment", std::string("unnamed")),
                  run.manifest.value("/data/task"_json_pointer, std::string("unknown")),
                  json_number(run.test, "/sentences"),
                  run.manifest.value("/data/test/checksum"_json_pointer, std::string("unknown")));
  note += fmt::format("; tokenizer {}", setting(run, "data.tokenizer"));
  if (setting(run, "data.tokenizer") == "sentencepiece") {
    note += fmt::format(" ({}, {} tokens)", setting(run, "data.sentencepiece_model"),
                        setting(run, "data.vocabulary"));
  }
  const std::vector<BucketRow> ends = short_and_long(models);
  if (ends.empty()) return note + '.';
  return note + fmt::format("; lengths in source tokens, {} sentences of {} and {} of {}.",
                            ends[0].sentences, bucket_label(ends[0]), ends[1].sentences,
                            bucket_label(ends[1]));
}

std::string decoding_note(const RunResult& run) {
  const std::string penalty = setting(run, "decoding.length_penalty");
  return fmt::format(
      "Decoding: beam {}, length penalty {}{}, at most {} times the source + {} "
      "tokens.",
      setting(run, "decoding.beam"), penalty,
      penalty == "gnmt" ? " " + setting(run, "decoding.alpha") : "",
      setting(run, "decoding.max_length_factor"), setting(run, "decoding.max_length_offset"));
}

std::string signature_note(const RunResult& run) {
  std::string note;
  for (const auto& [name, title] : {std::pair{"bleu", "BLEU"}, {"chrf2", "chrF2"}}) {
    const Json::json_pointer place(fmt::format("/{}/signature", name));
    if (!run.test.contains(place)) continue;
    note += fmt::format("{}{}: {}", note.empty() ? "" : "; ", title,
                        run.test.at(place).get<std::string>());
  }
  if (!note.empty()) note += ". ";
  return note + "Perplexity: teacher-forced, per target token.";
}

std::string significance_note(const Models& models, const std::string& baseline, bool tested) {
  if (main_measure(models) == MainMeasure::bits_per_byte) {
    return fmt::format("No tests against {}: language models have no translations.", baseline);
  }
  if (!tested) {
    return fmt::format("No tests against {}: it, or every other model, has no finished run.",
                       baseline);
  }
  return fmt::format(
      "p: {} against {}, outputs of all seeds together, by paired bootstrap (BS, {} resamples) and "
      "approximate randomisation (AR, {} trials), seed {}, after Holm's correction over the table.",
      main_measure(models) == MainMeasure::exact_match ? "exact match" : "BLEU", baseline,
      kBootstrapResamples, kRandomisationTrials, kSignificanceSeed);
}

const RunResult& any_trained_run(const Models& models) {
  for (const ModelResults& model : models) {
    if (!model.baseline) return model.runs.front();
  }
  return models.front().runs.front();
}

}  // namespace

std::string make_table(const Models& models, TableFormat format,
                       const std::vector<TablePart>& parts, const std::string& baseline) {
  check(!models.empty() && !parts.empty(), "a table of nothing");
  TableContent table;
  for (const ModelResults& model : models) {
    table.rows.push_back({model.name, model.baseline, model.runs.size()});
  }
  const RunResult& run = any_trained_run(models);
  table.notes = {
      "n: runs with different seeds; mean ± half width of its 95 % confidence interval "
      "(Student's t) where runs differ; bold: the best trained model.",
      data_note(models, run)};
  if (run.test.contains("decoding")) table.notes.push_back(decoding_note(run));
  for (const TablePart part : parts) {
    if (part == TablePart::cost) {
      table.blocks.push_back(cost_block(models));
      table.blocks.back().notes.emplace_back(
          "FLOPs: of the matrix products in training; tokens/s: target tokens, median; peak "
          "memory: "
          "of the training process.");
      continue;
    }
    std::vector<Difference> differences;
    if (main_measure(models) != MainMeasure::bits_per_byte &&
        std::ranges::find(models, baseline, &ModelResults::name) != models.end()) {
      differences = differences_to(baseline, models);
    }
    table.blocks.push_back(quality_block(models, differences));
    std::vector<std::string>& notes = table.blocks.back().notes;
    notes.push_back(signature_note(run));
    if (!baseline.empty()) {
      notes.push_back(significance_note(models, baseline, differences.size() > 1));
    }
  }
  switch (format) {
    case TableFormat::csv:
      return csv_table(table);
    case TableFormat::latex:
      return latex_table(table);
    default:
      return markdown_table(table);
  }
}

void write_tables(const Models& models, const std::filesystem::path& folder,
                  const std::string& baseline) {
  for (const auto& [suffix, format] : {std::pair{".md", TableFormat::markdown},
                                       {".tex", TableFormat::latex},
                                       {".csv", TableFormat::csv}}) {
    write_file_atomically(folder / fmt::format("table{}", suffix),
                          make_table(models, format, {TablePart::quality}, baseline));
    write_file_atomically(folder / fmt::format("table-cost{}", suffix),
                          make_table(models, format, {TablePart::cost}, baseline));
  }
}

}  // namespace seqlab
