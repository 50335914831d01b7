#pragma once

// Experiment files as text: sections with `key = value` lines and # comments. What the keys mean
// is config_keys.hpp's matter.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace seqlab {

/// One `key = value` of a file or of the command line.
struct Setting {
  std::string section;  ///< "model" or "model.lstm"
  std::string key;
  std::string value;
  std::string where;  ///< "file.cfg:12" or "--set", for messages
};

struct Section {
  std::string name;
  std::string where;
};

struct ConfigText {
  std::vector<Section> sections;  ///< in the file's order, empty ones included
  std::vector<Setting> settings;
};

/// Throws UsageError with file and line on lines that are no setting, settings outside a section,
/// sections and keys that occur twice.
ConfigText parse_config(std::string_view text, const std::string& name);

/// `section.key=value` as given to --set; the last dot separates section and key.
/// Throws UsageError if it has another form.
Setting parse_override(const std::string& text);

/// The member of `known` that is most like `name`, or "" if none is.
std::string nearest(std::string_view name, const std::vector<std::string>& known);

/// "unknown WHAT 'NAME'; did you mean 'X'? Valid: A, B, C".
std::string unknown_name_message(std::string_view what, std::string_view name,
                                 const std::vector<std::string>& known);

}  // namespace seqlab
