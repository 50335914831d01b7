#include "seqlab/experiment/config_files.hpp"

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/experiment/config_key.hpp"
#include "seqlab/experiment/config_keys.hpp"

namespace seqlab {

namespace {

const std::vector<std::string> kSections = {
    "experiment", "data",       "model", "model.NAME", "training",   "training.NAME",
    "decoding",   "evaluation", "sweep", "expect",     "expect.PART"};

/// The NAME of "model.NAME" if `kind` is "model", else "".
std::string name_in(const std::string& section, const std::string& kind) {
  const std::string prefix = kind + '.';
  return section.starts_with(prefix) ? section.substr(prefix.size()) : "";
}

void check_section(const Section& section) {
  for (const std::string& known : kSections) {
    if (section.name == known && known.find('.') == std::string::npos) return;
  }
  for (const char* kind : {"model", "training", "expect"}) {
    const std::string name = name_in(section.name, kind);
    if (name.empty()) continue;
    const bool good = std::all_of(name.begin(), name.end(), [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_';
    });
    if (good) return;
    throw UsageError(
        fmt::format("{}: '{}' is no model name; use letters, digits, - and _", section.where, name));
  }
  throw UsageError(fmt::format("{}: {}", section.where,
                               unknown_name_message("section", section.name, kSections)));
}

std::string resolved(const std::string& file, const std::filesystem::path& folder) {
  if (file.empty()) return file;
  const std::string name = std::filesystem::absolute(folder / file).lexically_normal().string();
  if (name.find('#') != std::string::npos) {
    throw UsageError(
        fmt::format("{}: experiment files cannot name this file, since # begins a comment in them; "
                    "move or rename it",
                    name));
  }
  return name;
}

/// The same for several, with spaces between.
std::string all_resolved(const std::string& files, const std::filesystem::path& folder) {
  std::vector<std::string> names;
  if (!config::read(files, names)) return files;
  for (std::string& name : names) name = resolved(name, folder);
  return config::joined(names, " ");
}

/// Names of files start from the folder of the file that they stand in.
void resolve_files(ConfigText& config, const std::filesystem::path& folder) {
  for (Setting& setting : config.settings) {
    if (setting.section == "data" && names_file(setting.key)) {
      setting.value = resolved(setting.value, folder);
    }
    if (setting.section == "sweep" && setting.key.starts_with("data.") &&
        names_file(setting.key.substr(std::string("data.").size()))) {
      setting.value = all_resolved(setting.value, folder);
    }
  }
}

/// The file with all that it includes. `path` holds the files that led to it.
ConfigText read_config(std::string_view text, const std::filesystem::path& file,
                       std::vector<std::filesystem::path> path) {
  ConfigText own = parse_config(text, file.string());
  for (const Section& section : own.sections) check_section(section);
  resolve_files(own, file.parent_path());
  path.push_back(resolved(file.filename(), file.parent_path()));
  ConfigText all;
  for (const Setting& include : own.includes) {
    const std::filesystem::path name = resolved(include.value, file.parent_path());
    if (std::find(path.begin(), path.end(), name) != path.end()) {
      throw UsageError(fmt::format("{}: {} includes itself", include.where, name.string()));
    }
    if (!std::filesystem::exists(name)) {
      throw UsageError(fmt::format("{}: there is no file {}", include.where, name.string()));
    }
    override_settings(all, read_config(read_file(name), name, path));
  }
  override_settings(all, own);
  return all;
}

ConfigText read_override(const std::string& text, const std::filesystem::path& folder) {
  ConfigText config = one_setting(parse_override(text));
  check_section(config.sections[0]);
  resolve_files(config, folder);
  return config;
}

}  // namespace

ConfigText read_config_files(std::string_view text, const std::filesystem::path& file,
                             const std::vector<std::string>& overrides) {
  ConfigText config = read_config(text, file, {});
  for (const std::string& each : overrides) {
    override_settings(config, read_override(each, file.parent_path()));
  }
  return config;
}

std::vector<Section> named_sections(const ConfigText& text, const std::string& kind) {
  std::vector<Section> sections;
  for (const Section& section : text.sections) {
    const std::string name = name_in(section.name, kind);
    if (!name.empty()) sections.push_back({name, section.where});
  }
  return sections;
}

}  // namespace seqlab
