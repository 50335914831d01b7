#include "seqlab/experiment/table.hpp"

#include <fmt/ranges.h>

#include "seqlab/error.hpp"

namespace seqlab {

namespace {

using Cells = std::vector<std::string>;

/// Median of train.csv's target tokens a second.
double training_speed(const RunResult& run) {
  if (run.baseline) return std::numeric_limits<double>::quiet_NaN();
  std::vector<double> speeds =
      read_number_table(run.directory / "train.csv").column("tokens_per_second");
  if (speeds.empty()) return std::numeric_limits<double>::quiet_NaN();
  const auto middle = speeds.begin() + static_cast<std::ptrdiff_t>(speeds.size() / 2);
  std::nth_element(speeds.begin(), middle, speeds.end());
  return *middle;
}

std::string cell(double value, int digits) {
  return std::isnan(value) ? std::string() : fmt::format("{:.{}f}", value, digits);
}

bool synthetic(const std::vector<ModelResults>& models) {
  return models.front().runs.front().manifest.value("/data/task"_json_pointer,
                                                    std::string("parallel")) != "parallel";
}

Cells header(const std::vector<BucketRow>& buckets, bool exact) {
  Cells cells = {"model", "runs",  "parameters", "tokens/s",    "perplexity",
                 "BLEU",  "chrF2", "exact %",    "length ratio"};
  for (const BucketRow& bucket : buckets) {
    cells.push_back(fmt::format("{} {}", exact ? "exact %" : "BLEU", bucket_label(bucket)));
  }
  return cells;
}

Cells row(const ModelResults& model, const std::vector<BucketRow>& buckets, bool exact) {
  const auto mean = [&model](const std::string& pointer) {
    return mean_over(model.runs,
                     [&](const RunResult& run) { return json_number(run.test, pointer); });
  };
  const double parameters = mean_over(model.runs, [](const RunResult& run) {
    return json_number(run.manifest, "/parameters/all");
  });
  Cells cells = {model.name,
                 std::to_string(model.runs.size()),
                 cell(parameters, 0),
                 cell(mean_over(model.runs, training_speed), 0),
                 cell(mean("/perplexity"), 2),
                 cell(mean("/bleu/score"), 1),
                 cell(mean("/chrf2/score"), 1),
                 cell(100.0 * mean("/sentence_accuracy"), 1),
                 cell(mean("/length_ratio"), 2)};
  for (const BucketRow& bucket : buckets) {
    cells.push_back(
        cell(bucket_mean(model, bucket.low, exact ? &BucketRow::exact : &BucketRow::bleu), 1));
  }
  return cells;
}

std::string markdown_row(const Cells& cells, const std::vector<std::size_t>& widths) {
  std::string text = "|";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    text += i == 0 ? fmt::format(" {:<{}} |", cells[i], widths[i])
                   : fmt::format(" {:>{}} |", cells[i], widths[i]);
  }
  return text + '\n';
}

std::string markdown(const std::vector<Cells>& rows) {
  std::vector<std::size_t> widths(rows.front().size());
  for (const Cells& cells : rows) {
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  std::string text = markdown_row(rows.front(), widths) + '|';
  for (std::size_t i = 0; i < widths.size(); ++i) {
    text += i == 0 ? ':' + std::string(widths[i] + 1, '-') : std::string(widths[i] + 1, '-') + ':';
    text += '|';
  }
  text += '\n';
  for (std::size_t i = 1; i < rows.size(); ++i) text += markdown_row(rows[i], widths);
  return text;
}

std::string caption(const std::vector<ModelResults>& models) {
  const RunResult& run = models.front().runs.front();
  return fmt::format(
      "\nMeans over runs with different seeds. BLEU: {}. Perplexity: teacher-forced, per target "
      "token.\nTokens/s: target tokens in training. Lengths: source tokens. Test: {:.0f} "
      "sentences.\n",
      run.test.value("/bleu/signature"_json_pointer, std::string("unknown")),
      json_number(run.test, "/sentences"));
}

}  // namespace

std::string make_table(const std::vector<ModelResults>& models, TableFormat format) {
  check(!models.empty(), "a table of no models");
  const bool exact = synthetic(models);
  const std::vector<BucketRow> buckets = all_buckets(models);
  std::vector<Cells> rows = {header(buckets, exact)};
  for (const ModelResults& model : models) rows.push_back(row(model, buckets, exact));
  if (format == TableFormat::markdown) return markdown(rows) + caption(models);
  std::string text;
  for (const Cells& cells : rows) text += fmt::format("{}\n", fmt::join(cells, ","));
  return text;
}

}  // namespace seqlab
