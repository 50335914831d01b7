#pragma once

// What tests of many folders need.

#include <fstream>
#include <string>
#include <string_view>

#include "seqlab/data/temporary_folder.hpp"

namespace seqlab {

/// Writes a file of these bytes into the folder and returns its path.
inline std::filesystem::path write(const TemporaryFolder& folder, const std::string& name,
                                   std::string_view bytes) {
  const std::filesystem::path file = folder / name;
  std::ofstream(file, std::ios::binary) << bytes;
  return file;
}

/// The message of the exception of type E that `action` throws, or "nothing thrown".
template <typename E, typename Action>
std::string message_of(Action&& action) {
  try {
    action();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing thrown";
}

inline bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

}  // namespace seqlab
