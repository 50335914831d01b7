#pragma once

// One key of a config section: its name, what it means, which values it takes, and how a value is
// read into and written from an options struct. A section is a list of keys, and that list alone
// drives parsing, help and the writing of resolved configs.

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "seqlab/experiment/config_parser.hpp"
#include "seqlab/tensor/real.hpp"

namespace seqlab {

template <typename Options>
struct Key {
  std::string name;
  std::string help;
  std::string values;  ///< what may be written, for help and messages
  /// Returns false if the value is none of `values`.
  std::function<bool(Options&, const std::string&)> set;
  std::function<std::string(const Options&)> get;
  bool is_file = false;  ///< the value names a file
};

template <typename Options>
using Keys = std::vector<Key<Options>>;

/// The values of an enumeration with their names.
template <typename Enum>
using Choices = std::vector<std::pair<std::string, Enum>>;

namespace config {

bool read(const std::string& text, Index low, Index high, Index& value);
bool read(const std::string& text, double low, double high, double& value);
bool read(const std::string& text, bool& value);
/// White space or commas between the numbers.
bool read(const std::string& text, Index low, Index high, std::vector<Index>& values);
bool read(const std::string& text, std::vector<std::string>& values);
std::string write(double value);
std::string write(const std::vector<Index>& values);
std::string write(const std::vector<std::string>& values);
/// "A to B", "A or more".
std::string range(Index low, Index high);
std::string range(double low, double high);
std::string joined(const std::vector<std::string>& names, std::string_view separator);

}  // namespace config

inline constexpr Index kNoLimit = Index{1} << 60;

// Makers of keys. `field` is a generic lambda from (const) options to the member: FIELD(member).

#define FIELD(member) \
  [](auto& options) -> auto& { return options.member; }

template <typename Options, typename Field>
Key<Options> integer_key(std::string name, std::string help, Field field, Index low,
                         Index high = kNoLimit) {
  return {std::move(name), std::move(help), "a whole number, " + config::range(low, high),
          [field, low, high](Options& options, const std::string& text) {
            Index value = 0;
            if (!config::read(text, low, high, value)) return false;
            field(options) = static_cast<std::decay_t<decltype(field(options))>>(value);
            return true;
          },
          [field](const Options& options) { return std::to_string(field(options)); }};
}

template <typename Options, typename Field>
Key<Options> number_key(std::string name, std::string help, Field field, double low, double high) {
  return {std::move(name), std::move(help), "a number, " + config::range(low, high),
          [field, low, high](Options& options, const std::string& text) {
            double value = 0;
            if (!config::read(text, low, high, value)) return false;
            field(options) = static_cast<std::decay_t<decltype(field(options))>>(value);
            return true;
          },
          [field](const Options& options) {
            return config::write(static_cast<double>(field(options)));
          }};
}

template <typename Options, typename Field>
Key<Options> flag_key(std::string name, std::string help, Field field) {
  return {std::move(name), std::move(help), "true | false",
          [field](Options& options, const std::string& text) {
            return config::read(text, field(options));
          },
          [field](const Options& options) { return field(options) ? "true" : "false"; }};
}

template <typename Options, typename Field, typename Enum>
Key<Options> choice_key(std::string name, std::string help, Field field, Choices<Enum> choices) {
  std::vector<std::string> names;
  for (const auto& choice : choices) names.push_back(choice.first);
  return {std::move(name), std::move(help), config::joined(names, " | "),
          [field, choices](Options& options, const std::string& text) {
            for (const auto& [choice, value] : choices) {
              if (choice != text) continue;
              field(options) = value;
              return true;
            }
            return false;
          },
          [field, choices](const Options& options) {
            for (const auto& [choice, value] : choices) {
              if (value == field(options)) return choice;
            }
            return std::string();
          }};
}

/// One of some names that the options keep as text.
template <typename Options, typename Field>
Key<Options> name_key(std::string name, std::string help, Field field,
                      const std::vector<std::string>& names) {
  Choices<std::string> choices;
  for (const std::string& each : names) choices.emplace_back(each, each);
  return choice_key<Options>(std::move(name), std::move(help), field, std::move(choices));
}

template <typename Options, typename Field>
Key<Options> text_key(std::string name, std::string help, std::string values, Field field) {
  return {std::move(name), std::move(help), std::move(values),
          [field](Options& options, const std::string& text) {
            field(options) = text;
            return !text.empty();
          },
          [field](const Options& options) { return std::string(field(options)); }};
}

template <typename Options, typename Field>
Key<Options> file_key(std::string name, std::string help, Field field) {
  Key<Options> key = text_key<Options>(
      std::move(name), std::move(help),
      "a file name, relative to this file; plain, gzip, xz or zstd", field);
  key.is_file = true;
  return key;
}

template <typename Options, typename Field>
Key<Options> integers_key(std::string name, std::string help, Field field, Index low) {
  return {std::move(name), std::move(help),
          "whole numbers with spaces between, each " + config::range(low, kNoLimit),
          [field, low](Options& options, const std::string& text) {
            return config::read(text, low, kNoLimit, field(options));
          },
          [field](const Options& options) { return config::write(field(options)); }};
}

template <typename Options, typename Field>
Key<Options> names_key(std::string name, std::string help, std::string values, Field field) {
  return {std::move(name), std::move(help), std::move(values),
          [field](Options& options, const std::string& text) {
            return config::read(text, field(options));
          },
          [field](const Options& options) { return config::write(field(options)); }};
}

template <typename Options>
bool has_key(const Keys<Options>& keys, const std::string& name) {
  return std::any_of(keys.begin(), keys.end(),
                     [&](const Key<Options>& key) { return key.name == name; });
}

/// Sets one key. Throws UsageError that says where, and lists the valid keys or values.
template <typename Options>
void apply_setting(const Keys<Options>& keys, const Setting& setting, Options& options) {
  std::vector<std::string> names;
  for (const Key<Options>& key : keys) {
    if (key.name == setting.key) {
      if (key.set(options, setting.value)) return;
      throw UsageError(fmt::format("{}: '{}' is no value for {}.{}; valid: {}", setting.where,
                                   setting.value, setting.section, key.name, key.values));
    }
    names.push_back(key.name);
  }
  throw UsageError(
      fmt::format("{}: {}", setting.where,
                  unknown_name_message("key in [" + setting.section + "]:", setting.key, names)));
}

/// Applies all settings of a section. Returns whether `watched` was among them.
template <typename Options>
bool apply_section(const ConfigText& text, const std::string& section, const Keys<Options>& keys,
                   Options& options, const std::string& watched = "") {
  bool seen = false;
  for (const Setting& setting : text.settings) {
    if (setting.section != section) continue;
    apply_setting(keys, setting, options);
    seen = seen || setting.key == watched;
  }
  return seen;
}

/// The section as it is written to a file. Keys without a value are left out.
template <typename Options>
std::string write_section(const std::string& name, const Keys<Options>& keys,
                          const Options& options) {
  std::string text = fmt::format("\n[{}]\n", name);
  for (const Key<Options>& key : keys) {
    const std::string value = key.get(options);
    if (!value.empty()) text += fmt::format("{} = {}\n", key.name, value);
  }
  return text;
}

/// Keys with their meaning, values and defaults, for people.
template <typename Options>
std::string describe_section(const std::string& name, const Keys<Options>& keys,
                             const Options& defaults) {
  std::string text = fmt::format("[{}]\n", name);
  for (const Key<Options>& key : keys) {
    const std::string value = key.get(defaults);
    text += fmt::format("  {:<20} {}\n{:23}{}{}\n", key.name, key.help, "", key.values,
                        value.empty() ? "" : fmt::format(" (default: {})", value));
  }
  return text;
}

}  // namespace seqlab
