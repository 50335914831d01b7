#pragma once

#include <cstddef>
#include <exception>
#include <string>
#include <string_view>
#include <vector>

namespace seqlab {

/// Lines of standard input. A call waits for one line and then takes what is there already, so
/// that a person is answered at once and a file is read in large batches.
class LineReader {
 public:
  /// At most `most` lines; none at the end. Throws RuntimeFailure on a line that is no text, after
  /// the lines before it were taken, and if standard input cannot be read.
  std::vector<std::string> next(std::size_t most);

 private:
  std::string clean(std::string_view line);
  void take(std::size_t end, std::vector<std::string>& lines);
  void take_waiting(std::size_t most, std::vector<std::string>& lines);
  void read_some();

  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t number_ = 0;
  bool at_end_ = false;
  std::exception_ptr failure_;  // of the line after those that were taken
};

}  // namespace seqlab
