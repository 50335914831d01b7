#include "seqlab/experiment/figures.hpp"

#include "seqlab/error.hpp"

namespace seqlab {

namespace {

std::string number(double value) {
  return std::isnan(value) ? "NaN" : fmt::format("{:.6g}", value);
}

std::string names_of(const std::vector<ModelResults>& models) {
  std::string names;
  for (const ModelResults& model : models) names += (names.empty() ? "" : " ") + model.name;
  return names;
}

/// The open bucket is drawn as wide as the one before it.
double upper_end(const std::vector<BucketRow>& buckets, std::size_t i) {
  if (!std::isnan(buckets[i].high)) return buckets[i].high;
  const double width = i == 0 ? 10 : buckets[i - 1].high - std::max(1.0, buckets[i - 1].low) + 1;
  return buckets[i].low + width - 1;
}

std::string length_data(const std::vector<ModelResults>& models) {
  std::string text = "low\thigh\tmiddle\tlabel\tsentences";
  for (const ModelResults& model : models) {
    text += fmt::format("\t{0}_bleu\t{0}_exact\t{0}_ratio", model.name);
  }
  text += '\n';
  const std::vector<BucketRow> buckets = all_buckets(models);
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    const double low = std::max(1.0, buckets[i].low);
    const double high = upper_end(buckets, i);
    text += fmt::format("{}\t{}\t{}\t{}\t{}", low, high, 0.5 * (low + high),
                        bucket_label(buckets[i]), buckets[i].sentences);
    for (const ModelResults& model : models) {
      for (double BucketRow::*measure : {&BucketRow::bleu, &BucketRow::exact, &BucketRow::ratio}) {
        text += '\t' + number(over_seeds(model, [&](const RunResult& run) {
                                return bucket_value(run, buckets[i].low, measure);
                              }).mean);
      }
    }
    text += '\n';
  }
  return text;
}

/// Validation perplexity of each model's first run, one row an update.
std::string learning_data(const std::vector<ModelResults>& models) {
  std::map<double, std::vector<double>> rows;
  for (std::size_t m = 0; m < models.size(); ++m) {
    const NumberTable valid = read_number_table(models[m].runs.front().directory / "valid.csv");
    const std::vector<double> updates = valid.column("update");
    const std::vector<double> perplexities = valid.column("perplexity");
    for (std::size_t i = 0; i < updates.size(); ++i) {
      auto& row = rows[updates[i]];
      row.resize(models.size(), std::numeric_limits<double>::quiet_NaN());
      row[m] = perplexities[i];
    }
  }
  std::string text = "update";
  for (const ModelResults& model : models) text += '\t' + model.name;
  text += '\n';
  for (const auto& [update, values] : rows) {
    text += number(update);
    for (const double value : values) text += '\t' + number(value);
    text += '\n';
  }
  return text;
}

/// What every drawing of models takes, as gnuplot assignments.
std::string settings_of(const std::string& models, const std::string& subject,
                        const std::string& more) {
  return fmt::format("models = {}\nsubject = {}\n{}", gnuplot_quoted(models),
                     gnuplot_quoted(subject), more);
}

}  // namespace

std::vector<Figure> write_figures(const std::vector<ModelResults>& models,
                                  const std::filesystem::path& folder,
                                  const std::filesystem::path& plots, const std::string& format) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw RuntimeFailure(
        fmt::format("cannot make the folder {}: {}", folder.string(), error.message()));
  }
  const Json& manifest = models.front().runs.front().manifest;
  const std::string title = manifest.value("experiment", std::string("experiment"));
  double low = json_number(manifest, "/data/training_lengths/0");
  double high = json_number(manifest, "/data/training_lengths/1");
  if (std::isnan(low) || std::isnan(high)) low = high = 0;  // not limited: nothing to shade
  const std::string shade = fmt::format("train_low = {}\ntrain_high = {}\n", low, high);

  std::vector<ModelResults> trained;
  for (const ModelResults& model : models) {
    if (!model.baseline) trained.push_back(model);
  }
  const auto write = [&](const std::string& name, const std::string& drawing,
                         const std::string& data, const std::string& settings) {
    return write_figure({folder / name, drawing, data, settings}, plots, format);
  };
  const std::string lengths = length_data(models);
  std::vector<Figure> figures = {
      write("bleu_by_length", "length.gp", lengths,
            settings_of(names_of(models), title + ": BLEU by source length",
                        shade + "metric = 0\nmeasure = 'BLEU'\n")),
      write("exact_by_length", "length.gp", lengths,
            settings_of(names_of(models), title + ": exact match by source length",
                        shade + "metric = 1\nmeasure = 'Exact match [%]'\n"))};
  if (!trained.empty()) {
    figures.push_back(write("learning", "learning.gp", learning_data(trained),
                            settings_of(names_of(trained), title + ": learning curves", "")));
  }
  return figures;
}

}  // namespace seqlab
