#include "line_reader.hpp"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "seqlab/data/text_file.hpp"
#include "seqlab/error.hpp"

namespace seqlab {

namespace {

bool more_is_there() {
  pollfd input{STDIN_FILENO, POLLIN, 0};
  return poll(&input, 1, /*milliseconds=*/0) > 0;
}

}  // namespace

std::vector<std::string> LineReader::next(std::size_t most) {
  if (failure_) std::rethrow_exception(failure_);
  std::vector<std::string> lines;
  try {
    take_waiting(most, lines);
  } catch (const RuntimeFailure&) {
    if (lines.empty()) throw;
    failure_ = std::current_exception();
  }
  return lines;
}

void LineReader::take_waiting(std::size_t most, std::vector<std::string>& lines) {
  while (lines.size() < most) {
    const std::size_t end = buffer_.find('\n', begin_);
    if (end != std::string::npos) {
      take(end, lines);
      begin_ = end + 1;
      continue;
    }
    buffer_.erase(0, begin_);
    begin_ = 0;
    if (buffer_.size() > kMaxLineBytes) clean(buffer_);  // throws
    if (at_end_ || (!lines.empty() && !more_is_there())) break;
    read_some();
  }
  if (lines.empty() && at_end_ && !buffer_.empty()) {
    take(buffer_.size(), lines);
    buffer_.clear();
  }
}

std::string LineReader::clean(std::string_view line) {
  return clean_line(line, "standard input", ++number_);
}

void LineReader::take(std::size_t end, std::vector<std::string>& lines) {
  lines.push_back(clean(std::string_view(buffer_).substr(begin_, end - begin_)));
}

void LineReader::read_some() {
  char block[1 << 16];
  ssize_t size = 0;
  do {
    size = read(STDIN_FILENO, block, sizeof block);
  } while (size < 0 && errno == EINTR);
  if (size < 0) {
    throw RuntimeFailure(fmt::format("cannot read standard input: {}", std::strerror(errno)));
  }
  at_end_ = size == 0;
  buffer_.append(block, static_cast<std::size_t>(size));
}

}  // namespace seqlab
