#pragma once

// Text from files that may be compressed, damaged or not text at all, and files that are written
// whole or not at all.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace seqlab {

/// A longer line is taken for a sign that the file is not text with one sentence a line.
inline constexpr std::size_t kMaxLineBytes = std::size_t{1} << 20;

/// The lines of a UTF-8 text file: plain, gzip, xz or zstd, told apart by the first bytes. A
/// byte-order mark, Windows line ends and a missing last line end are accepted. An empty file has
/// no lines.
/// Throws RuntimeFailure (with file and line) if the file cannot be read or is damaged, on invalid
/// UTF-8, NUL bytes and lines above kMaxLineBytes.
std::vector<std::string> read_lines(const std::filesystem::path& file);

/// One line as read_lines would give it: without '\r' at its end and, on line 1, without the
/// byte-order mark. `number` counts from 1; `name` is for messages ("standard input").
/// Throws RuntimeFailure on invalid UTF-8, NUL bytes and lines above kMaxLineBytes.
std::string clean_line(std::string_view line, std::string_view name, std::size_t number);

/// The bytes of a file as they are. Throws RuntimeFailure if it cannot be read.
std::string read_file(const std::filesystem::path& file);

/// Writes to a temporary name in the same folder, flushes to the disk and renames, so that `file`
/// holds the old content or the new and never a part. On failure the temporary file is removed.
/// Throws RuntimeFailure with the system's reason.
void write_file_atomically(const std::filesystem::path& file, std::string_view content);
/// The same for content in several parts, one after the other.
void write_file_atomically(const std::filesystem::path& file,
                           std::span<const std::string_view> parts);

/// The folder and those it lies in. Throws RuntimeFailure with the system's reason.
void make_folder(const std::filesystem::path& folder);

/// FNV-1a (64 bits) of the file's bytes as 16 hexadecimal digits: tells data apart in a run's
/// manifest, no protection against forgery. Throws RuntimeFailure if it cannot be read.
std::string file_checksum(const std::filesystem::path& file);

}  // namespace seqlab
