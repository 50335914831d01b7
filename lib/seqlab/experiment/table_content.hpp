#pragma once

// What a table says, apart from how it is written down.

#include <string>
#include <vector>

#include "seqlab/evaluation/estimate.hpp"

namespace seqlab {

struct TableColumn {
  enum class Better { neither, lower, higher };

  std::string key;    ///< heading in CSV: lower case, no spaces
  std::string title;  ///< heading for people, with the unit
  int digits = 0;     ///< after the decimal point, for people
  Better better = Better::neither;
  double scale = 1;                ///< people read value / scale
  bool probability = false;        ///< small ones are shown as "< 0.001"
  std::vector<Estimate> values{};  ///< one for each row
  std::vector<bool> best{};        ///< rows that share the best value; empty: none is marked
};

struct TableRow {
  std::string name;
  bool floor = false;  ///< made without a trained model
  std::size_t n = 0;   ///< runs
};

/// Columns that fit on a page together.
struct TableBlock {
  std::string title;
  std::vector<TableColumn> columns{};
  std::vector<std::string> notes{};  ///< what its numbers are, a sentence or two each
};

struct TableContent {
  std::vector<TableRow> rows;
  std::vector<TableBlock> blocks;
  std::vector<std::string> notes;  ///< on all blocks: what the numbers depend on
};

/// A table in Markdown from its cells, the headings first: the first column flush left, the others
/// flush right.
std::string markdown_cells(const std::vector<std::vector<std::string>>& rows);

/// The formats, ready for a file. A block leaves out rows that have no value in it. The LaTeX text
/// is a whole document, with marks around the tables for those who want to take them into their
/// own; it needs the package booktabs.
std::string markdown_table(const TableContent& table);
std::string latex_table(const TableContent& table);
/// All blocks side by side; an interval's half width is a column KEY_ci of its own. What is unknown
/// is empty.
std::string csv_table(const TableContent& table);

}  // namespace seqlab
