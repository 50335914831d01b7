// Alignments in files: the Pharaoh and the NAACL format.

#include <algorithm>
#include <boost/algorithm/string/classification.hpp>
#include <boost/algorithm/string/split.hpp>
#include <charconv>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/evaluation/alignment.hpp"

namespace seqlab {
namespace {

std::vector<std::string> fields_of(const std::string& line) {
  std::vector<std::string> fields;
  boost::split(fields, line, boost::is_any_of(" \t"), boost::token_compress_on);
  std::erase(fields, "");
  return fields;
}

/// The whole of `text` as a number from 0 on, or -1.
Index parse_position(std::string_view text) {
  Index value = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : -1;
}

/// Where something is wrong in a file.
struct Place {
  const std::filesystem::path& file;
  std::size_t line = 0;  ///< from 0

  [[noreturn]] void fail(const std::string& what) const {
    throw RuntimeFailure(fmt::format("{}:{}: {}", file.string(), line + 1, what));
  }
};

void add_pharaoh_line(const std::string& line, const Place& place, GoldLinks& gold) {
  for (const std::string& field : fields_of(line)) {
    const std::size_t mark = field.find_first_of("-?");
    const Index source = parse_position(field.substr(0, mark));
    const Index target = mark == std::string::npos ? -1 : parse_position(field.substr(mark + 1));
    if (source < 0 || target < 0) {
      place.fail(
          fmt::format("'{}' is no link; expected SOURCE-TARGET (sure) or SOURCE?TARGET "
                      "(possible), counted from 0",
                      field));
    }
    if (field[mark] == '-') gold.sure.push_back({source, target});
    gold.possible.push_back({source, target});
  }
}

void add_naacl_line(const std::string& line, const Place& place, std::vector<GoldLinks>& gold) {
  const std::vector<std::string> fields = fields_of(line);
  if (fields.empty()) return;
  const bool known_length = fields.size() >= 3 && fields.size() <= 5;
  const Index sentence = parse_position(fields[0]);
  const Index source = known_length ? parse_position(fields[1]) : -1;
  const Index target = known_length ? parse_position(fields[2]) : -1;
  if (sentence < 1 || source < 1 || target < 1) {
    place.fail(
        fmt::format("'{}' is no link; expected SENTENCE SOURCE TARGET [S|P] [CONFIDENCE], "
                    "counted from 1",
                    line));
  }
  if (sentence > static_cast<Index>(gold.size())) {
    place.fail(fmt::format("sentence {}, but the text has {}", sentence, gold.size()));
  }
  const bool possible = std::find(fields.begin() + 3, fields.end(), "P") != fields.end();
  GoldLinks& links = gold[static_cast<std::size_t>(sentence - 1)];
  if (!possible) links.sure.push_back({source - 1, target - 1});
  links.possible.push_back({source - 1, target - 1});
}

/// NAACL lines have numbers and no joined pairs; an empty file is Pharaoh.
bool is_naacl(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    const std::vector<std::string> fields = fields_of(line);
    if (!fields.empty()) return fields.size() >= 3 && parse_position(fields[0]) >= 0;
  }
  return false;
}

void sort_once(Links& links) {
  std::sort(links.begin(), links.end());
  links.erase(std::unique(links.begin(), links.end()), links.end());
}

}  // namespace

std::string pharaoh_line(const Links& links) {
  std::string line;
  for (const Link& link : links) {
    line += fmt::format("{}{}-{}", line.empty() ? "" : " ", link.source, link.target);
  }
  return line;
}

std::string naacl_lines(const Links& links, std::size_t sentence) {
  std::string lines;
  for (const Link& link : links) {
    lines += fmt::format("{} {} {}\n", sentence + 1, link.source + 1, link.target + 1);
  }
  return lines;
}

std::vector<GoldLinks> read_gold_links(const std::filesystem::path& file, std::size_t sentences) {
  const std::vector<std::string> lines = read_lines(file);
  const bool naacl = is_naacl(lines);
  if (!naacl && lines.size() != sentences) {
    throw RuntimeFailure(
        fmt::format("{} has {} lines, but the text has {}; expected a line of "
                    "links for each sentence pair",
                    file.string(), lines.size(), sentences));
  }
  std::vector<GoldLinks> gold(sentences);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (naacl) {
      add_naacl_line(lines[i], {file, i}, gold);
    } else {
      add_pharaoh_line(lines[i], {file, i}, gold[i]);
    }
  }
  for (GoldLinks& links : gold) {
    sort_once(links.sure);
    sort_once(links.possible);
  }
  return gold;
}

void add_possible_links(std::vector<GoldLinks>& gold, const std::vector<GoldLinks>& more) {
  check(gold.size() == more.size(), "add_possible_links: {} and {} pairs", gold.size(),
        more.size());
  for (std::size_t i = 0; i < gold.size(); ++i) {
    Links& possible = gold[i].possible;
    possible.insert(possible.end(), more[i].possible.begin(), more[i].possible.end());
    sort_once(possible);
  }
}

void check_links(const GoldLinks& gold, Index source_words, Index target_words,
                 std::size_t sentence) {
  for (const Link& link : gold.possible) {
    if (link.source < source_words && link.target < target_words) continue;
    throw RuntimeFailure(fmt::format(
        "sentence pair {} has the link {}-{}, but only {} and {} words; are source and target "
        "swapped, or are words cut in another way (see --words)?",
        sentence + 1, link.source, link.target, source_words, target_words));
  }
}

}  // namespace seqlab
