#include "seqlab/data/text_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <span>
#include <system_error>
#include <utility>

#include <boost/iostreams/device/array.hpp>
#include <boost/iostreams/filter/gzip.hpp>
#include <boost/iostreams/filter/lzma.hpp>
#include <boost/iostreams/filter/zstd.hpp>
#include <boost/iostreams/filtering_stream.hpp>

#include "seqlab/data/utf8.hpp"
#include "seqlab/error.hpp"
#include "seqlab/tensor/random.hpp"

namespace seqlab {
namespace {

namespace io = boost::iostreams;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
constexpr std::string_view kGzipMagic = "\x1F\x8B";
constexpr std::string_view kXzMagic{"\xFD\x37\x7A\x58\x5A\x00", 6};
constexpr std::string_view kZstdMagic = "\x28\xB5\x2F\xFD";

std::string system_reason() { return std::generic_category().message(errno); }

/// An open file that closes itself.
class Descriptor {
 public:
  Descriptor(const std::filesystem::path& file, int flags)
      : handle_(::open(file.c_str(), flags | O_CLOEXEC, 0666)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { close(); }

  bool is_open() const { return handle_ >= 0; }
  int handle() const { return handle_; }
  bool close() {
    const int handle = std::exchange(handle_, -1);
    return handle < 0 || ::close(handle) == 0;
  }

 private:
  int handle_;
};

/// Position of the first byte that starts no valid character, or npos.
std::size_t find_invalid_utf8(std::string_view text) {
  for (std::size_t position = 0; position < text.size();) {
    const Utf8Character character = first_utf8_character(text.substr(position));
    if (character.code == kInvalidCharacter) return position;
    position += character.bytes.size();
  }
  return std::string_view::npos;
}

std::uint64_t little_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) {
    value = value << 8 | static_cast<unsigned char>(bytes[i - 1]);
  }
  return value;
}

/// Size of the zstd frame (RFC 8878, section 3.1) that `data` starts with, or 0 if it is cut off.
std::size_t zstd_frame_size(std::string_view data) {
  if (data.size() < 8) return 0;
  const auto within = [&](std::size_t end) { return end <= data.size() ? end : 0; };
  if ((little_endian(data.substr(0, 4)) & ~std::uint64_t{0xF}) == 0x184D2A50) {  // skippable
    return within(8 + little_endian(data.substr(4, 4)));
  }
  const auto descriptor = static_cast<unsigned char>(data[4]);
  const bool single_segment = (descriptor & 0x20) != 0;
  const std::size_t dictionary_bytes = std::size_t{1} << (descriptor & 3) >> 1;
  const std::size_t size_flag = descriptor >> 6;
  const std::size_t content_size_bytes =
      size_flag == 0 ? (single_segment ? 1 : 0) : std::size_t{1} << size_flag;
  std::size_t end = 5 + (single_segment ? 0 : 1) + dictionary_bytes + content_size_bytes;
  for (bool last = false; !last;) {
    if (end + 3 > data.size()) return 0;
    const std::uint64_t header = little_endian(data.substr(end, 3));
    last = (header & 1) != 0;
    const bool run_length = (header >> 1 & 3) == 1;
    end += 3 + (run_length ? 1 : header >> 3);
  }
  return within(end + ((descriptor & 4) != 0 ? 4 : 0));
}

/// Boost's zstd filter takes a cut-off file for a short one, so the frames are counted here.
void check_zstd_is_complete(std::string_view data) {
  while (!data.empty()) {
    const std::size_t size = zstd_frame_size(data);
    if (size == 0) throw std::runtime_error("it ends in the middle of a zstd frame");
    data.remove_prefix(size);
  }
}

[[noreturn]] void fail_to_read(const std::filesystem::path& file) {
  throw RuntimeFailure(fmt::format(
      "{}: cannot be read ({}); expected a readable file: check the name and the permissions",
      file.string(), system_reason()));
}

/// A file that is read once from begin to end (so pipes will do), whose first bytes can be seen
/// before.
class Input {
 public:
  explicit Input(std::filesystem::path file) : file_(std::move(file)), input_(file_, O_RDONLY) {
    if (!input_.is_open()) fail_to_read(file_);
  }

  /// Fills `buffer` as far as the file goes and returns the number of bytes, 0 at its end.
  std::size_t read(std::span<char> buffer) {
    if (seen_.empty()) return read_file_bytes(buffer);
    const std::size_t count = std::min(seen_.size(), buffer.size());
    std::copy_n(seen_.begin(), count, buffer.begin());
    seen_.erase(0, count);
    return count;
  }

  /// The first `size` bytes, or all there are; they stay unread.
  const std::string& look_ahead(std::size_t size) {
    std::array<char, std::size_t{1} << 14> block{};
    while (seen_.size() < size) {
      const std::size_t count = read_file_bytes(block);
      if (count == 0) break;
      seen_.append(block.data(), count);
    }
    return seen_;
  }

 private:
  std::size_t read_file_bytes(std::span<char> buffer) {
    while (true) {
      const ssize_t count = ::read(input_.handle(), buffer.data(), buffer.size());
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) fail_to_read(file_);
    }
  }

  std::filesystem::path file_;
  Descriptor input_;
  std::string seen_;
};

/// Input for a Boost.Iostreams chain, which copies its parts.
class InputSource {
 public:
  using char_type = char;
  using category = io::source_tag;

  explicit InputSource(Input& input) : input_(&input) {}
  std::streamsize read(char* data, std::streamsize size) {
    const std::size_t count = input_->read({data, static_cast<std::size_t>(size)});
    return count == 0 ? -1 : static_cast<std::streamsize>(count);
  }

 private:
  Input* input_;
};

/// Name of the compression, empty for plain text. Puts its filter in front of the chain's source.
std::string_view push_decompressor(io::filtering_istream& chain, Input& input) {
  const std::string_view head = input.look_ahead(kXzMagic.size());
  if (head.starts_with(kGzipMagic)) {
    chain.push(io::gzip_decompressor());
    return "gzip";
  }
  if (head.starts_with(kXzMagic)) {
    chain.push(io::lzma_decompressor());
    return "xz";
  }
  if (head.starts_with(kZstdMagic)) {
    chain.push(io::zstd_decompressor());
    return "zstd";
  }
  return {};
}

/// Cuts blocks of text into lines.
class LineSplitter {
 public:
  explicit LineSplitter(std::string name) : name_(std::move(name)) {}

  void add(std::string_view block) {
    for (std::size_t end; (end = block.find('\n')) != std::string_view::npos;) {
      pending_.append(block.substr(0, end));
      take_line();
      block.remove_prefix(end + 1);
    }
    pending_.append(block);
    // An endless line must not fill the memory; two bytes may still be a line end.
    if (pending_.size() > kMaxLineBytes + 2) take_line();
  }

  std::vector<std::string> finish() {
    if (!pending_.empty()) take_line();
    return std::move(lines_);
  }

 private:
  void take_line() {
    lines_.push_back(clean_line(pending_, name_, lines_.size() + 1));
    pending_.clear();
  }

  std::string name_;
  std::string pending_;
  std::vector<std::string> lines_;
};

void write_all(const Descriptor& output, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = ::write(output.handle(), content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) throw RuntimeFailure(system_reason());
    content.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Writes the parts to the disk itself; throws RuntimeFailure with nothing but the system's reason.
void write_durably(const std::filesystem::path& file, std::span<const std::string_view> parts) {
  Descriptor output(file, O_WRONLY | O_CREAT | O_TRUNC);
  if (!output.is_open()) throw RuntimeFailure(system_reason());
  for (const std::string_view part : parts) write_all(output, part);
  // Devices and pipes cannot be flushed and say EINVAL or EROFS.
  const bool flushed = ::fsync(output.handle()) == 0 || errno == EINVAL || errno == EROFS;
  if (!flushed || !output.close()) throw RuntimeFailure(system_reason());
}

}  // namespace

std::string clean_line(std::string_view line, std::string_view name, std::size_t number) {
  if (number == 1 && line.starts_with(kByteOrderMark)) line.remove_prefix(kByteOrderMark.size());
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.size() > kMaxLineBytes) {
    throw RuntimeFailure(fmt::format(
        "{}:{}: the line is longer than {} bytes; expected one sentence a line: check that this is "
        "a text file and split the line",
        name, number, kMaxLineBytes));
  }
  if (const std::size_t nul = line.find('\0'); nul != std::string_view::npos) {
    throw RuntimeFailure(fmt::format(
        "{}:{}: NUL byte at byte {}; expected UTF-8 text: convert the file (UTF-16 text can be "
        "converted with iconv -f UTF-16 -t UTF-8) or remove the byte",
        name, number, nul + 1));
  }
  if (const std::size_t bad = find_invalid_utf8(line); bad != std::string_view::npos) {
    throw RuntimeFailure(fmt::format(
        "{}:{}: invalid UTF-8 at byte {} (0x{:02X}); expected UTF-8 text: convert the file, for "
        "example with iconv -f ISO-8859-1 -t UTF-8",
        name, number, bad + 1, static_cast<unsigned char>(line[bad])));
  }
  return std::string(line);
}

std::string read_file(const std::filesystem::path& file) {
  return Input(file).look_ahead(std::string::npos);
}

std::vector<std::string> read_lines(const std::filesystem::path& file) {
  Input input(file);
  LineSplitter lines(file.string());
  std::string_view format;
  try {
    io::filtering_istream chain;
    format = push_decompressor(chain, input);
    if (format == "zstd") check_zstd_is_complete(input.look_ahead(std::string::npos));
    chain.push(InputSource(input));
    chain.exceptions(std::ios::badbit);
    std::array<char, std::size_t{1} << 14> block{};
    while (chain.read(block.data(), block.size()) || chain.gcount() > 0) {
      lines.add({block.data(), static_cast<std::size_t>(chain.gcount())});
    }
  } catch (const RuntimeFailure&) {
    throw;
  } catch (const std::exception& error) {
    throw RuntimeFailure(fmt::format(
        "{}: the {} data is damaged or cut off ({}); expected a complete compressed file: copy or "
        "compress it again",
        file.string(), format, error.what()));
  }
  return lines.finish();
}

void write_file_atomically(const std::filesystem::path& file, std::string_view content) {
  write_file_atomically(file, std::span(&content, 1));
}

void write_file_atomically(const std::filesystem::path& file,
                           std::span<const std::string_view> parts) {
  namespace fs = std::filesystem;
  std::error_code ignored;
  fs::path temporary;
  try {
    if (fs::exists(file, ignored) && !fs::is_regular_file(file, ignored)) {
      write_durably(file, parts);  // a device or a pipe: nothing to rename
      return;
    }
    // A link stays a link. The temporary name is fixed, so what a kill leaves is reused.
    const fs::path target = fs::is_symlink(file, ignored) ? fs::canonical(file) : file;
    temporary = fs::path(target).concat(".partial");
    write_durably(temporary, parts);
    fs::rename(temporary, target);
    const Descriptor folder(target.has_parent_path() ? target.parent_path() : ".", O_RDONLY);
    if (folder.is_open()) ::fsync(folder.handle());
  } catch (const std::exception& error) {
    if (!temporary.empty()) fs::remove(temporary, ignored);
    throw RuntimeFailure(fmt::format(
        "{}: cannot be written ({}); nothing was changed: check that the folder exists, that it "
        "may be written to and that the disk has room",
        file.string(), error.what()));
  }
}

void make_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    throw RuntimeFailure(
        fmt::format("cannot make the folder {}: {}", folder.string(), error.message()));
  }
}

std::string file_checksum(const std::filesystem::path& file) {
  return fmt::format("{:016x}", fnv1a(read_file(file)));
}

}  // namespace seqlab
