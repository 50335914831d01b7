#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace seqlab {

/// Lines of standard input. A call waits for one line and then takes what is there already, so
/// that a person is answered at once and a file is read in large batches.
class LineReader {
 public:
  /// At most `most` lines; none at the end. Throws RuntimeFailure on lines that are no text and if
  /// standard input cannot be read.
  std::vector<std::string> next(std::size_t most);

 private:
  std::string clean(std::string_view line);
  void take(std::size_t end, std::vector<std::string>& lines);
  void read_some();

  std::string buffer_;
  std::size_t begin_ = 0;
  std::size_t number_ = 0;
  bool at_end_ = false;
};

}  // namespace seqlab
