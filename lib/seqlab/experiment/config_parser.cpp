#include "seqlab/experiment/config_parser.hpp"

#include <fmt/ranges.h>
#include <boost/algorithm/string/trim.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <numeric>
#include <sstream>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"

namespace seqlab {

namespace {

namespace po = boost::program_options;

std::string without_comment(const std::string& line) {
  return boost::trim_copy(line.substr(0, line.find('#')));
}

/// Boost's parser does not tell lines, so that it gets them one by one.
Setting parse_setting(const std::string& line, const std::string& section,
                      const std::string& where) {
  std::istringstream stream(line);
  po::parsed_options parsed(nullptr);
  try {
    parsed = po::parse_config_file(stream, po::options_description(), /*allow_unregistered=*/true);
  } catch (const po::error&) {
    throw UsageError(
        fmt::format("{}: '{}' is no setting; expected 'key = value' or '[section]'", where, line));
  }
  const po::option& option = parsed.options.at(0);
  Setting setting{section, option.string_key, option.value.at(0), where};
  if (setting.key.empty()) throw UsageError(fmt::format("{}: a key is missing before '='", where));
  if (section.empty() && setting.key != "include") {
    throw UsageError(
        fmt::format("{}: '{}' stands outside of any section; write a line like "
                    "[training] before it",
                    where, setting.key));
  }
  return setting;
}

bool replaces(const Setting& now, const Setting& old) {
  std::string section = old.section;
  std::string key = old.key;
  if (section == "sweep" && now.section != "sweep") {  // its keys are model.width and the like
    const std::size_t dot = std::min(key.rfind('.'), key.size());
    section = key.substr(0, dot);
    key = key.substr(std::min(dot + 1, key.size()));
  }
  const bool for_all = now.section == "model" || now.section == "training";
  return key == now.key &&
         (section == now.section || (for_all && section.starts_with(now.section + '.')));
}

std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

ConfigText parse_config(std::string_view text, const std::string& name) {
  ConfigText config;
  std::map<std::string, std::string> seen;  // section or section.key -> where
  const auto once = [&seen](const std::string& id, const std::string& what,
                            const std::string& where) {
    const auto [entry, is_new] = seen.emplace(id, where);
    if (!is_new) {
      throw UsageError(fmt::format("{}: {} occurs a second time; the first is at {}", where, what,
                                   entry->second));
    }
  };

  std::istringstream stream{std::string(text)};
  std::string section;
  std::string line;
  for (std::size_t number = 1; std::getline(stream, line); ++number) {
    line = without_comment(clean_line(line, name, number));
    if (line.empty()) continue;
    const std::string where = fmt::format("{}:{}", name, number);
    if (line.front() == '[' && line.back() == ']') {
      section = boost::trim_copy(line.substr(1, line.size() - 2));
      if (section.empty()) throw UsageError(fmt::format("{}: a section without a name", where));
      once('[' + section, fmt::format("section [{}]", section), where);
      config.sections.push_back({section, where});
      continue;
    }
    Setting setting = parse_setting(line, section, where);
    if (section.empty()) {
      config.includes.push_back(std::move(setting));
      continue;
    }
    once(section + '.' + setting.key,
         fmt::format("key '{}' of section [{}]", setting.key, section), where);
    config.settings.push_back(std::move(setting));
  }
  return config;
}

Setting parse_override(const std::string& text) {
  const std::size_t equals = text.find('=');
  const bool dots_in_key = text.starts_with("sweep.") || text.starts_with("expect.");
  const std::size_t dot = equals == std::string::npos ? equals
                          : dots_in_key               ? text.find('.')
                                                      : text.rfind('.', equals);
  if (dot == std::string::npos || dot == 0 || dot + 1 == equals) {
    throw UsageError(
        fmt::format("--set '{}': expected section.key=value, for example "
                    "training.epochs=3 or model.lstm.width=128",
                    text));
  }
  if (text.find_first_of("#\n\r") != std::string::npos) {
    throw UsageError(fmt::format(
        "--set '{}': experiment files cannot hold it, in which # begins a comment", text));
  }
  return {boost::trim_copy(text.substr(0, dot)),
          boost::trim_copy(text.substr(dot + 1, equals - dot - 1)),
          boost::trim_copy(text.substr(equals + 1)), fmt::format("--set {}", text)};
}

ConfigText one_setting(const Setting& setting) {
  return {{}, {{setting.section, setting.where}}, {setting}};
}

void override_settings(ConfigText& config, const ConfigText& later) {
  for (const Setting& setting : later.settings) {
    std::erase_if(config.settings, [&](const Setting& old) { return replaces(setting, old); });
  }
  for (const Section& section : later.sections) {
    const auto same = [&](const Section& known) { return known.name == section.name; };
    if (std::none_of(config.sections.begin(), config.sections.end(), same)) {
      config.sections.push_back(section);
    }
  }
  config.settings.insert(config.settings.end(), later.settings.begin(), later.settings.end());
}

std::string write_config(const ConfigText& config) {
  std::string text;
  for (const Section& section : config.sections) {
    text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", section.name);
    for (const Setting& setting : config.settings) {
      if (setting.section != section.name) continue;
      text += fmt::format("{} = {}\n", setting.key, setting.value);
    }
  }
  return text;
}

std::string nearest(std::string_view name, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 2);
  for (const std::string& candidate : known) {
    const std::size_t distance = edit_distance(name, candidate);
    if (distance <= best_distance && (best.empty() || distance < best_distance)) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

std::string unknown_name_message(std::string_view what, std::string_view name,
                                 const std::vector<std::string>& known) {
  const std::string guess = nearest(name, known);
  return fmt::format("unknown {} '{}'{} Valid: {}", what, name,
                     guess.empty() ? ";" : fmt::format("; did you mean '{}'?", guess),
                     fmt::join(known, ", "));
}

}  // namespace seqlab
