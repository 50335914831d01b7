#pragma once

// The S-expressions that ELIZA's scripts are written in: words and lists in parentheses. White
// space separates; '=' is a word of its own even without it; ';' starts a comment.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace seqlab {

/// A word (in capitals) or a list.
struct Expression {
  std::size_t line = 0;  ///< where it begins, from 1
  bool is_list = false;
  std::string word;
  std::vector<Expression> items;

  bool is_word(std::string_view text) const { return !is_list && word == text; }
  /// Whether it is a list that begins with this word.
  bool is_list_of(std::string_view first) const {
    return is_list && !items.empty() && items.front().is_word(first);
  }
};

/// As a script has it, for messages: at most `longest` bytes.
std::string to_string(const Expression& expression, std::size_t longest = 60);

class ExpressionReader {
 public:
  /// `name` is the file's, for messages. The text must outlive the reader.
  ExpressionReader(std::string_view text, std::string name) : text_(text), name_(std::move(name)) {}

  /// The next word or list at the top level; nothing at the end of the text.
  /// Throws RuntimeFailure with file and line on parentheses that do not match and lists nested
  /// deeper than any script needs.
  std::optional<Expression> next();

 private:
  void skip_blanks();
  std::string read_word();
  [[noreturn]] void fail(std::size_t line, const std::string& message) const;

  std::string_view text_;
  std::string name_;
  std::size_t position_ = 0;
  std::size_t line_ = 1;
};

}  // namespace seqlab
