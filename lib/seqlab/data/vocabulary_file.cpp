#include "seqlab/data/vocabulary_file.hpp"

#include <sstream>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"
#include "seqlab/tensor/random.hpp"

namespace seqlab {
namespace {

constexpr std::string_view kMagic = "seqlab-vocabulary-1";

std::string checksum(std::string_view content) { return fmt::format("{:016x}", fnv1a(content)); }

}  // namespace

void write_vocabulary_file(const std::filesystem::path& file, std::string_view kind,
                           std::string_view content) {
  write_file_atomically(
      file, fmt::format("{} {} {}\n", kMagic, kind, checksum(content)) + std::string(content));
}

VocabularyFile read_vocabulary_file(const std::filesystem::path& file) {
  const std::string data = read_file(file);
  const std::size_t line_end = data.find('\n');
  std::istringstream header(data.substr(0, line_end));
  VocabularyFile result;
  std::string magic;
  std::string expected_checksum;
  header >> magic >> result.kind >> expected_checksum;
  if (line_end == std::string::npos || magic != kMagic) {
    throw RuntimeFailure(fmt::format(
        "{}:1: not a vocabulary of this program; expected a first line \"{} KIND CHECKSUM\": give "
        "a file that was saved with a run",
        file.string(), kMagic));
  }
  result.content = data.substr(line_end + 1);
  if (checksum(result.content) != expected_checksum) {
    throw RuntimeFailure(fmt::format(
        "{}: the vocabulary is damaged (checksum {}, expected {}): restore the file or train again",
        file.string(), checksum(result.content), expected_checksum));
  }
  return result;
}

}  // namespace seqlab
