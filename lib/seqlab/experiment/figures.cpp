#include "seqlab/experiment/figures.hpp"

#include <fmt/ranges.h>

#include <boost/algorithm/string/split.hpp>
#include <set>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"

namespace seqlab {

namespace {

using Fields = std::vector<std::string>;

/// A table with headings, of text.
struct TextTable {
  std::string file;
  Fields header;
  std::vector<Fields> rows;

  /// A field of a row. Throws RuntimeFailure if there is no such column.
  const std::string& at(std::size_t row, const std::string& column) const {
    const auto found = std::ranges::find(header, column);
    if (found == header.end()) {
      throw RuntimeFailure(
          fmt::format("{}: there is no column '{}'; make the table again with 'seqlab plot' where "
                      "the runs are",
                      file, column));
    }
    return rows[row][static_cast<std::size_t>(found - header.begin())];
  }
};

TextTable read_table(const std::filesystem::path& file) {
  TextTable table{file.string(), {}, {}};
  for (const std::string& line : read_lines(file)) {
    Fields fields;
    boost::split(fields, line, [](char c) { return c == '\t'; });
    if (table.header.empty()) {
      table.header = std::move(fields);
      continue;
    }
    table.rows.push_back(std::move(fields));
    if (table.rows.back().size() != table.header.size()) {
      throw RuntimeFailure(fmt::format("{}:{}: expected {} fields between tabs, found {}",
                                       table.file, table.rows.size() + 1, table.header.size(),
                                       table.rows.back().size()));
    }
  }
  if (table.rows.empty()) {
    throw RuntimeFailure(fmt::format("{}: expected a line of headings and rows", table.file));
  }
  return table;
}

/// The models that have columns MODEL:MEASURE.
Fields models_of(const TextTable& table, const std::string& measure) {
  Fields names;
  for (const std::string& heading : table.header) {
    const std::size_t colon = heading.rfind(':');
    if (colon != std::string::npos && heading.substr(colon + 1) == measure) {
      names.push_back(heading.substr(0, colon));
    }
  }
  if (names.empty()) {
    throw RuntimeFailure(
        fmt::format("{}: there is no column 'MODEL:{}' of any model", table.file, measure));
  }
  return names;
}

/// Different values of a column, in the order of the rows.
Fields values_of(const TextTable& table, const std::string& column) {
  Fields values;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const std::string& value = table.at(r, column);
    if (std::ranges::find(values, value) == values.end()) values.push_back(value);
  }
  return values;
}

std::string names_setting(const Fields& names) {
  Fields quoted;
  for (const std::string& name : names) quoted.push_back(gnuplot_quoted(name));
  return fmt::format("array names[{}] = [{}]\n", names.size(), fmt::join(quoted, ", "));
}

/// Whether any interval over seeds is known: a single seed has none.
bool has_intervals(const TextTable& table) {
  for (std::size_t c = 0; c < table.header.size(); ++c) {
    if (!table.header[c].ends_with("_ci")) continue;
    for (const Fields& row : table.rows) {
      if (row[c] != "NaN") return true;
    }
  }
  return false;
}

/// The title, and whether it has to say what bands and bars are.
std::string subject_setting(const TextTable& table, const std::string& subject) {
  return fmt::format("subject = {}\nwith_intervals = {}\n",
                     gnuplot_quoted(table.at(0, "experiment") + ": " + subject),
                     has_intervals(table) ? 1 : 0);
}

std::string length_settings(const TextTable& table, const std::string& measure,
                            const std::string& subject) {
  return subject_setting(table, subject) + names_setting(models_of(table, measure)) +
         fmt::format("train_low = {}\ntrain_high = {}\n", table.at(0, "train_low"),
                     table.at(0, "train_high"));
}

/// How many rows each panel has, the seeds, and the series of the panel "story".
std::string pronoun_settings(const TextTable& table) {
  Fields names;
  std::set<std::string> models, sentences;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const bool story = table.at(r, "panel") == "story";
    (story ? sentences : models).insert(table.at(r, "row"));
    const std::string& series = table.at(r, "series");
    if (story && std::ranges::find(names, series) == names.end()) names.push_back(series);
  }
  const Fields seeds = values_of(table, "seed");
  return fmt::format("models = {}\nsentences = {}\narray seeds[{}] = [{}]\n", models.size(),
                     sentences.size(), seeds.size(), fmt::join(seeds, ", ")) +
         (names.empty() ? std::string() : names_setting(names));
}

struct Drawing {
  const char* name;    ///< of the figure
  const char* script;  ///< in plots/
  std::string (*settings)(const TextTable&);
};

const Drawing kDrawings[] = {
    {"bleu_by_length", "bleu_by_length.gp",
     [](const TextTable& table) {
       return length_settings(table, "bleu", "BLEU by source length");
     }},
    {"exact_by_length", "exact_by_length.gp",
     [](const TextTable& table) {
       return length_settings(table, "exact", "exact match by source length");
     }},
    {"learning", "learning.gp",
     [](const TextTable& table) {
       return subject_setting(table, "learning curves") +
              names_setting(models_of(table, "perplexity"));
     }},
    {"capacity", "capacity.gp",
     [](const TextTable& table) {
       return subject_setting(table, "what one vector can hold") +
              names_setting(models_of(table, "longest"));
     }},
    {"quality_cost", "quality_cost.gp",
     [](const TextTable& table) {
       return subject_setting(table, "quality against cost") +
              names_setting(values_of(table, "model")) +
              fmt::format("measure = {}\n", gnuplot_quoted(table.at(0, "measure")));
     }},
    {"gradient_flow", "gradient_flow.gp",
     [](const TextTable& table) { return names_setting(values_of(table, "model")); }},
    {"pronoun", "pronoun.gp", pronoun_settings},
};

}  // namespace

std::vector<Figure> find_figures(const std::filesystem::path& folder,
                                 const std::filesystem::path& plots, const std::string& format) {
  std::vector<Figure> figures;
  std::set<std::filesystem::path> scripts;
  for (const Drawing& drawing : kDrawings) {
    const std::filesystem::path base = folder / drawing.name;
    const std::filesystem::path file = base.string() + ".tsv";
    if (!std::filesystem::exists(file)) continue;
    figures.push_back(
        write_figure({base, drawing.script, read_file(file), drawing.settings(read_table(file))},
                     plots, format));
    scripts.insert(figures.back().script);
  }
  std::set<std::filesystem::path> others;
  if (std::filesystem::is_directory(folder)) {
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const std::filesystem::path& script = entry.path();
      if (script.extension() == ".gp" && !scripts.contains(script)) others.insert(script);
    }
  }
  for (const std::filesystem::path& script : others) {
    figures.push_back({script, std::filesystem::path(script).replace_extension(format)});
  }
  return figures;
}

}  // namespace seqlab
