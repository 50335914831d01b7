#include "seqlab/experiment/config_key.hpp"

#include <fmt/ranges.h>
#include <boost/algorithm/string/replace.hpp>
#include <charconv>
#include <sstream>

namespace seqlab::config {

namespace {

template <typename Number>
bool read_number(const std::string& text, Number& value) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end;
}

template <typename Number>
std::string range_text(Number low, Number high, Number no_limit) {
  return high >= no_limit ? fmt::format("{} or more", low) : fmt::format("{} to {}", low, high);
}

}  // namespace

bool read(const std::string& text, Index low, Index high, Index& value) {
  return read_number(text, value) && value >= low && value <= high;
}

bool read(const std::string& text, double low, double high, double& value) {
  return read_number(text, value) && value >= low && value <= high;  // false for NaN
}

bool read(const std::string& text, bool& value) {
  value = text == "true";
  return value || text == "false";
}

bool read(const std::string& text, Index low, Index high, std::vector<Index>& values) {
  std::vector<std::string> words;
  if (!read(text, words)) return false;
  values.clear();
  for (const std::string& word : words) {
    Index value = 0;
    if (!read(word, low, high, value)) return false;
    values.push_back(value);
  }
  return true;
}

bool read(const std::string& text, std::vector<std::string>& values) {
  values.clear();
  std::istringstream stream(boost::replace_all_copy(text, ",", " "));
  for (std::string word; stream >> word;) values.push_back(word);
  return !values.empty();
}

std::string write(double value) { return fmt::format("{}", value); }

std::string write(const std::vector<Index>& values) {
  return fmt::format("{}", fmt::join(values, " "));
}

std::string write(const std::vector<std::string>& values) { return joined(values, " "); }

std::string range(Index low, Index high) { return range_text(low, high, kNoLimit); }

std::string range(double low, double high) {
  return range_text(low, high, static_cast<double>(kNoLimit));
}

std::string joined(const std::vector<std::string>& names, std::string_view separator) {
  return fmt::format("{}", fmt::join(names, separator));
}

}  // namespace seqlab::config
