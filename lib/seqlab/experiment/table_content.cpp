#include "seqlab/experiment/table_content.hpp"

#include <fmt/ranges.h>

#include <boost/algorithm/string/replace.hpp>
#include <cmath>

#include "seqlab/data/utf8.hpp"

namespace seqlab {

namespace {

using Cells = std::vector<std::string>;

/// How a kind of text writes what has no plain letter.
struct Marks {
  const char* plus_minus;
  const char* bold_begin;
  const char* bold_end;
  const char* less;
  const char* none;
};

constexpr Marks kMarkdown{" ± ", "**", "**", "< ", "–"};
constexpr Marks kLatex{" $\\pm$ ", "\\textbf{", "}", "$<$\\,", "--"};

std::string number(const TableColumn& column, double value, const Marks& marks) {
  const double shown = value / column.scale;
  const double smallest = std::pow(10.0, -column.digits);
  if (column.probability && shown < smallest) {
    return fmt::format("{}{:.{}f}", marks.less, smallest, column.digits);
  }
  return fmt::format("{:.{}f}", shown, column.digits);
}

std::string cell(const TableColumn& column, std::size_t row, const Marks& marks) {
  const Estimate& value = column.values[row];
  if (std::isnan(value.mean)) return marks.none;
  std::string text = number(column, value.mean, marks);
  if (!column.best.empty() && column.best[row]) text = marks.bold_begin + text + marks.bold_end;
  if (std::isnan(value.half_width) || value.half_width == 0) return text;
  return text + marks.plus_minus + number(column, value.half_width, marks);
}

std::string row_name(const TableRow& row) { return row.floor ? row.name + " (floor)" : row.name; }

std::string padded(const std::string& text, std::size_t columns, bool left) {
  const std::string space(columns - utf8_width(text), ' ');
  return left ? text + space : space + text;
}

/// The rows that have a value in the block.
std::vector<std::size_t> rows_of(const TableContent& table, const TableBlock& block) {
  std::vector<std::size_t> rows;
  for (std::size_t r = 0; r < table.rows.size(); ++r) {
    const auto known = [r](const TableColumn& column) {
      return !std::isnan(column.values[r].mean);
    };
    if (std::ranges::any_of(block.columns, known)) rows.push_back(r);
  }
  return rows;
}

std::string markdown_row(const Cells& cells, const std::vector<std::size_t>& widths) {
  std::string text = "|";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    text += ' ' + padded(cells[i], widths[i], i == 0) + " |";
  }
  return text + '\n';
}

std::string markdown_block(const TableContent& table, const TableBlock& block) {
  std::vector<Cells> lines(1, {"model", "n"});
  for (const TableColumn& column : block.columns) lines[0].push_back(column.title);
  for (const std::size_t r : rows_of(table, block)) {
    Cells& cells = lines.emplace_back();
    cells = {row_name(table.rows[r]), std::to_string(table.rows[r].n)};
    for (const TableColumn& column : block.columns) {
      cells.push_back(cell(column, r, kMarkdown));
    }
  }
  return markdown_cells(lines);
}

std::string latex_text(const std::string& text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '\\':
        escaped += "\\textbackslash{}";
        break;
      case '^':
      case '~':
        escaped += fmt::format("\\{}{{}}", c);
        break;
      case '|':  // a place where a signature may be broken
        escaped += "\\textbar\\allowbreak{}";
        break;
      case '<':
        escaped += "\\textless{}";
        break;
      case '>':
        escaped += "\\textgreater{}";
        break;
      case '&':
      case '%':
      case '$':
      case '#':
      case '_':
      case '{':
      case '}':
        escaped += '\\';
        [[fallthrough]];
      default:
        escaped += c;
    }
  }
  boost::replace_all(escaped, "±", "$\\pm$");
  boost::replace_all(escaped, "–", "--");
  boost::replace_all(escaped, "10⁹", "$10^9$");
  boost::replace_all(escaped, "10¹²", "$10^{12}$");
  boost::replace_all(escaped, "10¹⁵", "$10^{15}$");
  return escaped;
}

/// A column's title; a long one in two lines, broken at the space nearest to its middle.
std::string latex_title(const std::string& title) {
  constexpr std::size_t kLong = 13;
  if (utf8_width(title) <= kLong) return latex_text(title);
  const std::size_t middle = title.size() / 2;
  const std::size_t after = title.find(' ', middle), before = title.rfind(' ', middle);
  const auto distance = [&](std::size_t place) {
    return place == std::string::npos ? title.size()
                                      : std::max(place, middle) - std::min(place, middle);
  };
  const std::size_t place = distance(before) <= distance(after) ? before : after;
  if (place == std::string::npos) return latex_text(title);
  return fmt::format("\\shortstack[r]{{{}\\\\{}}}", latex_text(title.substr(0, place)),
                     latex_text(title.substr(place + 1)));
}

std::string latex_block(const TableContent& table, const TableBlock& block) {
  std::string text = fmt::format("\\begin{{tabular}}{{lr{}}}\n\\toprule\nmodel & $n$",
                                 std::string(block.columns.size(), 'r'));
  for (const TableColumn& column : block.columns) text += " & " + latex_title(column.title);
  text += " \\\\\n\\midrule\n";
  bool floors = true;
  for (const std::size_t r : rows_of(table, block)) {
    if (table.rows[r].floor && !floors) text += "\\midrule\n";
    floors = table.rows[r].floor;
    text += fmt::format("{} & {}", latex_text(row_name(table.rows[r])), table.rows[r].n);
    for (const TableColumn& column : block.columns) text += " & " + cell(column, r, kLatex);
    text += " \\\\\n";
  }
  return text + "\\bottomrule\n\\end{tabular}\n";
}

std::string csv_number(double value) {
  return std::isnan(value) ? std::string() : fmt::format("{:.10g}", value);
}

/// Quoted where a reader of CSV needs it.
std::string csv_text(const std::string& text) {
  if (text.find_first_of(",\"\n") == std::string::npos) return text;
  return '"' + boost::replace_all_copy(text, "\"", "\"\"") + '"';
}

bool has_interval(const TableColumn& column) {
  return std::ranges::any_of(column.values,
                             [](const Estimate& value) { return !std::isnan(value.half_width); });
}

}  // namespace

std::string markdown_cells(const std::vector<Cells>& rows) {
  std::vector<std::size_t> widths(rows[0].size());
  for (const Cells& cells : rows) {
    for (std::size_t i = 0; i < cells.size(); ++i)
      widths[i] = std::max(widths[i], utf8_width(cells[i]));
  }
  std::string text = markdown_row(rows[0], widths) + '|';
  for (std::size_t i = 0; i < widths.size(); ++i) {
    const std::string line(widths[i] + 1, '-');
    text += (i == 0 ? ':' + line : line + ':') + '|';
  }
  text += '\n';
  for (std::size_t i = 1; i < rows.size(); ++i) text += markdown_row(rows[i], widths);
  return text;
}

std::string markdown_table(const TableContent& table) {
  std::string text;
  for (const TableBlock& block : table.blocks) {
    text += fmt::format("{}**{}**\n\n", text.empty() ? "" : "\n", block.title);
    text += markdown_block(table, block);
  }
  std::vector<std::string> notes = table.notes;
  for (const TableBlock& block : table.blocks) {
    notes.insert(notes.end(), block.notes.begin(), block.notes.end());
  }
  return fmt::format("{}\n{}\n", text, fmt::join(notes, "  \n"));
}

std::string latex_table(const TableContent& table) {
  std::string text =
      "% A document as it is; or take what stands between the marks, with the package booktabs.\n"
      "\\documentclass[a4paper]{article}\n"
      "\\usepackage[margin=2cm]{geometry}\n"
      "\\usepackage{booktabs}\n"
      "\\begin{document}\n"
      "% ---- from here ----\n";
  for (const TableBlock& block : table.blocks) {
    text += fmt::format(
        "\\begin{{table}}[htbp]\n\\centering\n\\footnotesize\n\\setlength{{\\tabcolsep}}{{3pt}}\n"
        "\\setlength{{\\abovecaptionskip}}{{0pt}}\n\\setlength{{\\belowcaptionskip}}{{6pt}}\n"
        "\\setlength{{\\emergencystretch}}{{3em}}\n"
        "\\caption[{0}]{{{0}.",
        latex_text(block.title));
    std::vector<std::string> notes;
    if (&block == &table.blocks.front()) notes = table.notes;
    notes.insert(notes.end(), block.notes.begin(), block.notes.end());
    for (const std::string& note : notes) text += '\n' + latex_text(note);
    text += "}\n" + latex_block(table, block) + "\\end{table}\n";
  }
  return text + "% ---- to here ----\n\\end{document}\n";
}

std::string csv_table(const TableContent& table) {
  std::vector<Cells> lines(1, {"model", "kind", "n"});
  for (const TableRow& row : table.rows) {
    lines.push_back({csv_text(row.name), row.floor ? "floor" : "model", std::to_string(row.n)});
  }
  for (const TableBlock& block : table.blocks) {
    for (const TableColumn& column : block.columns) {
      const bool interval = has_interval(column);
      lines[0].push_back(column.key);
      if (interval) lines[0].push_back(column.key + "_ci");
      for (std::size_t r = 0; r < table.rows.size(); ++r) {
        lines[r + 1].push_back(csv_number(column.values[r].mean));
        if (interval) lines[r + 1].push_back(csv_number(column.values[r].half_width));
      }
    }
  }
  std::string text;
  for (const Cells& cells : lines) text += fmt::format("{}\n", fmt::join(cells, ","));
  return text;
}

}  // namespace seqlab
