#include "seqlab/data/text_file.hpp"

#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <sstream>

#include <doctest/doctest.h>
#include <boost/iostreams/filter/lzma.hpp>
#include <boost/iostreams/filter/zlib.hpp>
#include <boost/iostreams/filter/zstd.hpp>
#include <boost/iostreams/filtering_stream.hpp>

#include "support.hpp"

namespace {

using namespace seqlab;
namespace io = boost::iostreams;

using Lines = std::vector<std::string>;

template <typename Filter>
std::string pack(const std::string& text, Filter filter) {
  std::ostringstream packed;
  io::filtering_ostream output;
  output.push(filter);
  output.push(packed);
  output.write(text.data(), static_cast<std::streamsize>(text.size()));
  output.reset();  // closes the filter
  return packed.str();
}

std::vector<std::pair<std::string, std::string>> packed_forms(const std::string& text) {
  io::zlib_params gzip;
  gzip.window_bits = 15 + 16;  // zlib's way to ask for gzip's frame
  return {{"gzip", pack(text, io::zlib_compressor(gzip))},
          {"xz", pack(text, io::lzma_compressor())},
          {"zstd", pack(text, io::zstd_compressor())}};
}

std::string numbers(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += std::to_string(i * 7919) + "\n";
  return text;
}

std::string read_error(const std::filesystem::path& file) {
  return message_of<RuntimeFailure>([&] { read_lines(file); });
}

/// Lets files grow to `bytes` only, as on a full disk, while it lives.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &old_);
    const rlimit limit{bytes, old_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    ::setrlimit(RLIMIT_FSIZE, &old_);
    std::signal(SIGXFSZ, handler_);
  }

 private:
  rlimit old_{};
  void (*handler_)(int);
};

std::size_t files_in(const std::filesystem::path& folder) {
  return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(folder), {}));
}

}  // namespace

TEST_CASE("read_lines takes line ends, byte-order marks and empty lines as they come") {
  const TemporaryFolder folder;
  CHECK(read_lines(write(folder, "plain", "a b\n\nñ\n")) == Lines{"a b", "", "ñ"});
  CHECK(read_lines(write(folder, "no end", "a\nb")) == Lines{"a", "b"});
  CHECK(read_lines(write(folder, "windows", "a\r\n\r\nb\r\n")) == Lines{"a", "", "b"});
  CHECK(read_lines(write(folder, "mark",
                                "\xEF\xBB\xBF"
                                "a\nb\n")) == Lines{"a", "b"});
  CHECK(read_lines(write(folder, "empty", "")).empty());
  CHECK(read_lines(write(folder, "blank", "\n")) == Lines{""});
}

TEST_CASE("read_lines reads across the borders of its blocks") {
  const TemporaryFolder folder;
  Lines expected;
  std::string text;
  for (std::size_t i = 0; i < 300; ++i) {
    expected.push_back(std::string(i * 3, 'x') + "é");
    text += expected.back() + "\r\n";
  }
  CHECK(read_lines(write(folder, "text", text)) == expected);
}

TEST_CASE("read_lines reads compressed files, several members in one file included") {
  const TemporaryFolder folder;
  const std::string text = numbers(30000);
  const Lines expected = read_lines(write(folder, "plain", text));
  REQUIRE(expected.size() == 30000);
  for (const auto& [name, packed] : packed_forms(text)) {
    CAPTURE(name);
    REQUIRE(packed.size() < text.size());
    CHECK(read_lines(write(folder, name, packed)) == expected);
    CHECK(read_lines(write(folder, name + " twice", packed + packed)).size() == 60000);
    CHECK(read_lines(write(folder, name + " of nothing", packed_forms("")[0].second)).empty());
  }
}

TEST_CASE("read_lines refuses compressed files that are cut off or changed") {
  const TemporaryFolder folder;
  for (const auto& [name, packed] : packed_forms(numbers(60000))) {
    for (const std::size_t size : {std::size_t{12}, std::size_t{700}, packed.size() / 2,
                                   packed.size() - 20, packed.size() - 12}) {
      CAPTURE(name);
      CAPTURE(size);
      const std::string message = read_error(write(folder, "cut", packed.substr(0, size)));
      CHECK(contains(message, (folder.path() / "cut").string()));
      CHECK(contains(message, name + " data is damaged or cut off"));
    }
    std::string changed = packed;
    for (std::size_t i = 0; i < 50; ++i) changed[packed.size() / 2 + i] ^= '\x55';
    CAPTURE(name);
    CHECK(read_error(write(folder, "changed", changed)) != "nothing thrown");
    CHECK(contains(read_error(write(folder, "more", packed + "text")), "damaged"));
  }
}

TEST_CASE("read_lines names file, line and byte of what is no text") {
  const TemporaryFolder folder;
  const auto where = [&](const std::string& name, int line) {
    return (folder.path() / name).string() + ":" + std::to_string(line) + ": ";
  };
  SUBCASE("invalid UTF-8") {
    const std::string message = read_error(write(folder, "latin1", "good\ncaf\xE9 x\n"));
    CHECK(contains(message, where("latin1", 2) + "invalid UTF-8 at byte 4 (0xE9)"));
    CHECK(contains(message, "iconv"));
    for (const char* bad : {"\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\x80"}) {
      CHECK(contains(read_error(write(folder, "bad", bad)), where("bad", 1) + "invalid UTF-8"));
    }
  }
  SUBCASE("NUL bytes, as in UTF-16") {
    const std::string message = read_error(write(folder, "utf16", std::string_view("a\nb\0c\n", 6)));
    CHECK(contains(message, where("utf16", 2) + "NUL byte at byte 2"));
  }
  SUBCASE("endless lines") {
    const std::string longest(kMaxLineBytes, 'x');
    CHECK(read_lines(write(folder, "longest", longest + "\r\nb\n")) == Lines{longest, "b"});
    const std::string message = read_error(write(folder, "endless", "a\n" + longest + "x\n"));
    CHECK(contains(message, where("endless", 2) + "the line is longer than 1048576 bytes"));
    CHECK(contains(read_error("/dev/zero"), "/dev/zero:1: the line is longer"));
  }
  SUBCASE("no such file, or a folder") {
    CHECK(contains(read_error(folder.path() / "none"), "none: cannot be read (No such file"));
    CHECK(contains(read_error(folder.path()), "Is a directory"));
  }
}

TEST_CASE("clean_line removes the byte-order mark from the first line only") {
  CHECK(clean_line("\xEF\xBB\xBF"
                   "a\r",
                   "input", 1) == "a");
  CHECK(clean_line("\xEF\xBB\xBF"
                   "a",
                   "input", 2) ==
        "\xEF\xBB\xBF"
        "a");
  CHECK(clean_line("a\rb", "input", 1) == "a\rb");
  CHECK(contains(message_of<RuntimeFailure>([] { clean_line("\xFF", "standard input", 7); }),
                 "standard input:7: invalid UTF-8"));
}

TEST_CASE("write_file_atomically replaces a file whole") {
  const TemporaryFolder folder;
  const std::filesystem::path file = folder.path() / "out";
  const std::string content = numbers(100000) + std::string("\0\xFF", 2);
  write_file_atomically(file, "old");
  CHECK(read_file(file) == "old");
  write(folder, "out.partial", "left over by a kill");
  write_file_atomically(file, content);
  CHECK(read_file(file) == content);
  CHECK(files_in(folder.path()) == 1);
  CHECK(file_checksum(file) != file_checksum(write(folder, "old", "old")));
  CHECK(file_checksum(write(folder, "a", "a")) == "af63dc4c8601ec8c");

  std::filesystem::create_symlink("out", folder.path() / "link");
  write_file_atomically(folder.path() / "link", "through the link");
  CHECK(std::filesystem::is_symlink(folder.path() / "link"));
  CHECK(read_file(file) == "through the link");
}

TEST_CASE("write_file_atomically leaves nothing behind when it fails") {
  const TemporaryFolder folder;
  const std::filesystem::path file = write(folder, "out", "old");
  SUBCASE("full disk") {
    const std::string message = message_of<RuntimeFailure>([&] {
      const FileSizeLimit limit(1000);
      write_file_atomically(file, std::string(5000, 'x'));
    });
    CHECK(contains(message, file.string() + ": cannot be written (File too large)"));
    CHECK(contains(message_of<RuntimeFailure>([] { write_file_atomically("/dev/full", "x"); }),
                   "/dev/full: cannot be written (No space left on device)"));
  }
  SUBCASE("no such folder") {
    CHECK(contains(message_of<RuntimeFailure>(
                       [&] { write_file_atomically(folder.path() / "none" / "x", "x"); }),
                   "cannot be written (No such file or directory)"));
  }
  SUBCASE("a folder of that name") {
    std::filesystem::create_directory(folder.path() / "taken");
    CHECK(contains(
        message_of<RuntimeFailure>([&] { write_file_atomically(folder.path() / "taken", "x"); }),
        "cannot be written (Is a directory)"));
    std::filesystem::remove(folder.path() / "taken");
  }
  CHECK(read_file(file) == "old");
  CHECK(files_in(folder.path()) == 1);
}

TEST_CASE("write_file_atomically writes to devices") {
  write_file_atomically("/dev/null", "gone");
  CHECK(!std::filesystem::is_regular_file("/dev/null"));
}
