#include "seqlab/history/expression.hpp"

#include "seqlab/error.hpp"

namespace seqlab {

namespace {

constexpr std::size_t kDeepest = 16;

bool is_blank(char c) { return static_cast<unsigned char>(c) <= ' '; }
bool ends_word(char c) { return is_blank(c) || c == '(' || c == ')' || c == ';' || c == '='; }
char to_capital(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; }

void write(const Expression& expression, std::string& text) {
  if (!expression.is_list) {
    text += expression.word;
    return;
  }
  text += '(';
  for (const Expression& item : expression.items) {
    if (text.back() != '(' && text.back() != '=') text += ' ';
    write(item, text);
  }
  text += ')';
}

}  // namespace

std::string to_string(const Expression& expression, std::size_t longest) {
  std::string text;
  write(expression, text);
  if (text.size() <= longest) return text;
  std::size_t end = longest - 3;
  while (end > 0 && (text[end] & '\xC0') == '\x80') --end;  // not within a UTF-8 character
  return text.substr(0, end) + "...";
}

std::optional<Expression> ExpressionReader::next() {
  std::vector<Expression> open;  // lists that are not closed yet, each within the one before
  for (;;) {
    skip_blanks();
    if (position_ == text_.size()) {
      if (open.empty()) return std::nullopt;
      fail(open.front().line,
           fmt::format("the list {} is not closed before the end of the file; expected ')'",
                       to_string(open.front(), 30)));
    }
    Expression finished{.line = line_, .is_list = false, .word = {}, .items = {}};
    if (text_[position_] == '(') {
      ++position_;
      if (open.size() == kDeepest) {
        fail(line_, fmt::format("lists are nested more than {} deep; expected the form of ELIZA's "
                                "scripts",
                                kDeepest));
      }
      finished.is_list = true;
      open.push_back(std::move(finished));
      continue;
    }
    if (text_[position_] == ')') {
      ++position_;
      if (open.empty()) fail(line_, "this ')' closes no list; expected '(' or a word");
      finished = std::move(open.back());
      open.pop_back();
    } else {
      finished.word = read_word();
    }
    if (open.empty()) return finished;
    open.back().items.push_back(std::move(finished));
  }
}

void ExpressionReader::skip_blanks() {
  bool in_comment = false;
  for (; position_ < text_.size(); ++position_) {
    const char c = text_[position_];
    if (c == '\n') {
      ++line_;
      in_comment = false;
    } else if (c == ';') {
      in_comment = true;
    } else if (!in_comment && !is_blank(c)) {
      return;
    }
  }
}

std::string ExpressionReader::read_word() {
  std::string word(1, to_capital(text_[position_++]));
  if (word == "=") return word;
  while (position_ < text_.size() && !ends_word(text_[position_])) {
    word += to_capital(text_[position_++]);
  }
  return word;
}

void ExpressionReader::fail(std::size_t line, const std::string& message) const {
  throw RuntimeFailure(fmt::format("{}:{}: {}", name_, line, message));
}

}  // namespace seqlab
