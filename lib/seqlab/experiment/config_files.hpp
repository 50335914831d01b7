#pragma once

// An experiment file with the files that it includes and the settings of the command line, as one
// text. Sections are checked, keys and values are not.

#include "seqlab/experiment/config_parser.hpp"

namespace seqlab {

/// `text` is the content of `file`. Names of files in [data] become absolute; they start from the
/// folder of the file that they stand in. `overrides` are `section.key=value`.
/// Throws UsageError with file and line on unknown sections and on files that are missing or
/// include themselves.
ConfigText read_config_files(std::string_view text, const std::filesystem::path& file,
                             const std::vector<std::string>& overrides);

/// The names of the sections `kind`.NAME.
std::vector<Section> named_sections(const ConfigText& text, const std::string& kind);

}  // namespace seqlab
