#pragma once

// The frame of every saved vocabulary: a line with the kind and a checksum, then the content.

#include <filesystem>
#include <string>
#include <string_view>

namespace seqlab {

struct VocabularyFile {
  std::string kind;
  std::string content;
};

/// Throws RuntimeFailure if the file cannot be written.
void write_vocabulary_file(const std::filesystem::path& file, std::string_view kind,
                           std::string_view content);

/// Throws RuntimeFailure if the file is missing, no vocabulary, cut off or changed.
VocabularyFile read_vocabulary_file(const std::filesystem::path& file);

}  // namespace seqlab
