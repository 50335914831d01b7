#include "seqlab/experiment/figure_data.hpp"

#include <algorithm>
#include <boost/algorithm/string.hpp>
#include <set>

#include "seqlab/data/synthetic.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/differences.hpp"

namespace seqlab {

namespace {

using Models = std::vector<ModelResults>;

std::string number(double value) {
  return std::isnan(value) ? "NaN" : fmt::format("{:.6g}", value);
}

std::string shown_name(const ModelResults& model) {
  return model.baseline ? model.name + " (floor)" : model.name;
}

/// The name in the titles of figures; of a synthetic task with the task, which may be swept over.
std::string experiment_name(const Models& models) {
  const Json& manifest = models.front().runs.front().manifest;
  std::string name = manifest.value("experiment", std::string("experiment"));
  std::ranges::replace_if(name, [](unsigned char c) { return std::iscntrl(c) != 0; }, ' ');
  const std::string task = manifest.value(Json::json_pointer("/data/task"), std::string());
  const bool synthetic = std::ranges::count(synthetic_tasks(), task) > 0;
  return synthetic ? name + ", " + boost::replace_all_copy(task, "_", " ") : name;
}

/// Headings of one measure of one model, and the fields below them.
std::string headings(const std::string& model, const char* measure) {
  return fmt::format("\t{0}:{1}\t{0}:{1}_ci", model, measure);
}
std::string fields(const Estimate& value) {
  return fmt::format("\t{}\t{}", number(value.mean), number(value.half_width));
}

/// The open bucket is drawn as wide as the one before it.
double upper_end(const std::vector<BucketRow>& buckets, std::size_t i) {
  if (!std::isnan(buckets[i].high)) return buckets[i].high;
  const double width = i == 0 ? 10 : buckets[i - 1].high - std::max(1.0, buckets[i - 1].low) + 1;
  return buckets[i].low + width - 1;
}

/// The training lengths that the manifests of trained runs tell; 0 and 0 where they differ.
std::pair<double, double> training_lengths(const Models& models) {
  std::set<std::pair<double, double>> all;
  for (const ModelResults& model : models) {
    const Json& manifest = model.runs.front().manifest;
    const double low = json_number(manifest, "/data/training_lengths/0");
    const double high = json_number(manifest, "/data/training_lengths/1");
    if (!std::isnan(low) && !std::isnan(high)) all.emplace(low, high);
  }
  return all.size() == 1 ? *all.begin() : std::pair(0.0, 0.0);
}

struct LengthMeasure {
  const char* name;
  double BucketRow::*value;
};

std::string by_length(const Models& models, const std::vector<LengthMeasure>& measures) {
  std::string text = "experiment\ttrain_low\ttrain_high\tlow\thigh\tmiddle\tlabel\tsentences";
  for (const ModelResults& model : models) {
    for (const LengthMeasure& measure : measures) {
      text += headings(shown_name(model), measure.name);
    }
  }
  text += '\n';
  const auto [train_low, train_high] = training_lengths(models);
  const std::vector<BucketRow> buckets = all_buckets(models);
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    const double low = std::max(1.0, buckets[i].low);
    const double high = upper_end(buckets, i);
    text += fmt::format("{}\t{}\t{}\t{}\t{}\t{}\t{}\t{}", experiment_name(models), train_low,
                        train_high, low, high, 0.5 * (low + high), bucket_label(buckets[i]),
                        buckets[i].sentences);
    for (const ModelResults& model : models) {
      for (const LengthMeasure& measure : measures) {
        text += fields(over_seeds(model, [&](const RunResult& run) {
          return bucket_value(run, buckets[i].low, measure.value);
        }));
      }
    }
    text += '\n';
  }
  return text;
}

/// Validation perplexities of a model's runs, at updates that all of them have reached.
std::map<double, std::vector<double>> learning_curve(const ModelResults& model) {
  std::map<double, std::vector<double>> curve;
  for (const RunResult& run : model.runs) {
    const NumberTable valid = read_number_table(run.directory / "valid.csv");
    const std::vector<double> updates = valid.column("update");
    const std::vector<double> perplexities = valid.column("perplexity");
    for (std::size_t i = 0; i < updates.size(); ++i) curve[updates[i]].push_back(perplexities[i]);
  }
  std::erase_if(curve, [&](const auto& point) { return point.second.size() < model.runs.size(); });
  return curve;
}

std::string learning(const Models& models) {
  std::string text = "experiment\tupdate";
  std::vector<std::map<double, std::vector<double>>> curves;
  std::set<double> updates;
  for (const ModelResults& model : models) {
    text += headings(model.name, "perplexity");
    curves.push_back(learning_curve(model));
    for (const auto& [update, values] : curves.back()) updates.insert(update);
  }
  text += '\n';
  for (const double update : updates) {
    text += fmt::format("{}\t{}", experiment_name(models), update);
    for (const auto& curve : curves) {
      const auto found = curve.find(update);
      text += fields(found == curve.end() ? Estimate{} : estimate_mean(found->second));
    }
    text += '\n';
  }
  return text;
}

struct Score {
  const char* name;
  RunValue value;
};

Score main_score(MainMeasure measure) {
  switch (measure) {
    case MainMeasure::exact_match:
      return {"Exact match [%]", test_value("/sentence_accuracy", 100)};
    case MainMeasure::bits_per_byte:
      return {"Bits per byte", test_value("/bits_per_byte")};
    default:
      return {"BLEU", test_value("/bleu/score")};
  }
}

std::string quality_cost(const Models& models) {
  const Score score = main_score(main_measure(models));
  std::string text = "experiment\tmodel\tmeasure\tscore\tscore_ci\ttraining_flops\tparameters\n";
  bool any = false;
  for (const ModelResults& model : models) {
    const Estimate quality = over_seeds(model, score.value);
    const double flops = over_seeds(model, manifest_value("/training/flops")).mean;
    // A floor stands at no cost; a logarithmic axis has no place for zero.
    const double parameters = model.baseline
                                  ? Estimate::kUnknown
                                  : over_seeds(model, manifest_value("/parameters/all")).mean;
    any = any || !(std::isnan(flops) || std::isnan(quality.mean));
    text += fmt::format("{}\t{}\t{}{}\t{}\t{}\n", experiment_name(models), model.name, score.name,
                        fields(quality), number(flops), number(parameters));
  }
  return any ? text : std::string();
}

/// The upper end of the last bucket that is solved together with all shorter ones.
double longest_solved(const RunResult& run) {
  double longest = 0;
  for (std::size_t i = 0; i < run.by_length.size(); ++i) {
    if (run.by_length[i].exact < kSolved) break;
    longest = upper_end(run.by_length, i);
  }
  return longest;
}

/// Models that differ in nothing but their width, by width.
struct Series {
  std::string name;
  std::map<double, const ModelResults*> models;
};

/// A model's settings but its width, and the width.
std::pair<std::string, std::string> without_width(const ModelResults& model) {
  const RunResult& run = model.runs.front();
  std::string rest;
  std::string width;
  for (const auto& [key, value] : run.settings) {
    if (!key.starts_with("model.") && !key.starts_with("training") && !key.starts_with("data.")) {
      continue;
    }
    const std::string name = key.substr(key.rfind('.') + 1);
    if (name == "width") {
      width = value;
    } else {
      rest += name + '=' + value + '\n';
    }
  }
  return {rest, width};
}

/// The model's name without its width: "lstm-reversed" for "lstm-64-reversed" of width 64.
std::string series_name(const std::string& model, const std::string& width) {
  std::string name = model;
  const std::size_t place = name.rfind(width);
  if (place != std::string::npos) name.erase(place, width.size());
  boost::replace_all(name, "--", "-");
  boost::trim_right_if(name, boost::is_any_of("-_"));
  return name.empty() ? model : name;
}

std::vector<Series> find_series(const Models& models) {
  std::vector<std::pair<std::string, Series>> all;
  for (const ModelResults& model : models) {
    const auto [rest, width] = without_width(model);
    if (width.empty()) continue;
    auto found = std::ranges::find(all, rest, &std::pair<std::string, Series>::first);
    if (found == all.end()) {
      found = all.insert(all.end(), {rest, {series_name(model.name, width), {}}});
    }
    found->second.models[std::stod(width)] = &model;
  }
  std::vector<Series> several;
  for (auto& [rest, series] : all) {
    if (series.models.size() > 1) several.push_back(std::move(series));
  }
  return several;
}

std::string capacity(const Models& models) {
  const std::vector<Series> all = find_series(models);
  if (all.empty()) return {};
  std::string text = "experiment\twidth";
  std::set<double> widths;
  for (const Series& series : all) {
    text += headings(series.name, "longest");
    for (const auto& [width, model] : series.models) widths.insert(width);
  }
  text += '\n';
  for (const double width : widths) {
    text += fmt::format("{}\t{}", experiment_name(models), width);
    for (const Series& series : all) {
      const auto found = series.models.find(width);
      text += fields(found == series.models.end() ? Estimate{}
                                                  : over_seeds(*found->second, longest_solved));
    }
    text += '\n';
  }
  return text;
}

}  // namespace

std::map<std::string, std::string> figure_data(const Models& models) {
  check(!models.empty(), "figures of no models");
  Models trained;
  std::ranges::copy_if(models, std::back_inserter(trained),
                       [](const ModelResults& model) { return !model.baseline; });
  std::map<std::string, std::string> data;
  const MainMeasure measure = main_measure(models);
  if (measure == MainMeasure::exact_match) {
    data["exact_by_length"] = by_length(models, {{"exact", &BucketRow::exact}});
    data["capacity"] = capacity(trained);
  } else if (measure == MainMeasure::bleu) {
    data["bleu_by_length"] =
        by_length(models, {{"bleu", &BucketRow::bleu}, {"ratio", &BucketRow::ratio}});
  }
  if (!trained.empty()) {
    data["learning"] = learning(trained);
    data["quality_cost"] = quality_cost(trained);
  }
  std::erase_if(data, [](const auto& item) { return item.second.empty(); });
  return data;
}

}  // namespace seqlab
