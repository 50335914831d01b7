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
  std::vector<Setting> includes;  ///< lines `include = FILE`, which stand before all sections
  std::vector<Section> sections;  ///< in the file's order, empty ones included
  std::vector<Setting> settings;
};

/// Throws UsageError with file and line on lines that are no setting, settings outside a section,
/// sections and keys that occur twice.
ConfigText parse_config(std::string_view text, const std::string& name);

/// `section.key=value` as given to --set; the last dot separates section and key, but for
/// `sweep.section.key=values` and `expect.name=...`.
/// Throws UsageError if it has another form.
Setting parse_override(const std::string& text);

/// A text of one setting, to be added to another.
ConfigText one_setting(const Setting& setting);

/// Adds `later` to `config`. What is set later wins: it takes the place of the same key's setting,
/// and a setting for all models ([model], [training]) also that of single models ([model.NAME],
/// [training.NAME]). A key that is set is swept no more.
void override_settings(ConfigText& config, const ConfigText& later);

/// As a file, section by section; includes are left out.
std::string write_config(const ConfigText& config);

/// The member of `known` that is most like `name`, or "" if none is.
std::string nearest(std::string_view name, const std::vector<std::string>& known);

/// "unknown WHAT 'NAME'; did you mean 'X'? Valid: A, B, C".
std::string unknown_name_message(std::string_view what, std::string_view name,
                                 const std::vector<std::string>& known);

}  // namespace seqlab
