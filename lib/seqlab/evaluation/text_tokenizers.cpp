#include "seqlab/evaluation/text_tokenizers.hpp"

#include "seqlab/error.hpp"

#include <fmt/format.h>
#include <unicode/uchar.h>

#include <array>
#include <utility>

namespace seqlab {
namespace {

constexpr std::array<std::pair<TextTokenizer, std::string_view>, 4> kNames{
    {{TextTokenizer::k13a, "13a"},
     {TextTokenizer::kIntl, "intl"},
     {TextTokenizer::kChar, "char"},
     {TextTokenizer::kNone, "none"}}};

bool in_category(char32_t c, unsigned mask) {
  return (U_GET_GC_MASK(static_cast<UChar32>(c)) & mask) != 0;
}
bool is_punctuation(char32_t c) { return in_category(c, U_GC_P_MASK); }
bool is_symbol(char32_t c) { return in_category(c, U_GC_S_MASK); }
bool is_no_number(char32_t c) { return !in_category(c, U_GC_N_MASK); }

bool is_digit(char32_t c) { return c >= U'0' && c <= U'9'; }
bool is_no_digit(char32_t c) { return !is_digit(c); }
bool is_point(char32_t c) { return c == U'.' || c == U','; }
bool is_dash(char32_t c) { return c == U'-'; }
/// ASCII punctuation that always stands alone: all but the apostrophe, comma, dash and period.
bool is_separate_ascii(char32_t c) {
  return (c >= U'{' && c <= U'~') || (c >= U'[' && c <= U'`') || (c >= U' ' && c <= U'&') ||
         (c >= U'(' && c <= U'+') || (c >= U':' && c <= U'@') || c == U'/';
}

/// Puts blanks around every character of the class.
template <typename Class>
std::u32string isolate(std::u32string_view text, Class wanted) {
  std::u32string result;
  for (const char32_t c : text) {
    if (wanted(c)) {
      result.append({U' ', c, U' '});
    } else {
      result.push_back(c);
    }
  }
  return result;
}

enum class Side { kFirst, kSecond };

/// Isolates one side of every pair of neighbours of the two classes. Pairs do not overlap and are
/// found from left to right, as by a regular expression: of "..." only every other one may match.
template <typename First, typename Second>
std::u32string isolate_in_pairs(std::u32string_view text, First first, Second second, Side side) {
  std::u32string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i + 1 == text.size() || !first(text[i]) || !second(text[i + 1])) {
      result.push_back(text[i]);
      continue;
    }
    if (side == Side::kFirst) {
      result.append({U' ', text[i], U' ', text[i + 1]});
    } else {
      result.append({text[i], U' ', text[i + 1], U' '});
    }
    ++i;
  }
  return result;
}

void replace_all(std::u32string& text, std::u32string_view from, std::u32string_view to) {
  for (std::size_t at = text.find(from); at != text.npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

std::u32string tokenize_13a(std::u32string text) {
  replace_all(text, U"<skipped>", U"");
  replace_all(text, U"-\n", U"");
  replace_all(text, U"&quot;", U"\"");
  replace_all(text, U"&amp;", U"&");
  replace_all(text, U"&lt;", U"<");
  replace_all(text, U"&gt;", U">");
  text = U' ' + text + U' ';
  text = isolate(text, is_separate_ascii);
  text = isolate_in_pairs(text, is_no_digit, is_point, Side::kSecond);
  text = isolate_in_pairs(text, is_point, is_no_digit, Side::kFirst);
  return isolate_in_pairs(text, is_digit, is_dash, Side::kSecond);
}

std::u32string tokenize_intl(std::u32string_view input) {
  std::u32string text = isolate_in_pairs(input, is_no_number, is_punctuation, Side::kSecond);
  text = isolate_in_pairs(text, is_punctuation, is_no_number, Side::kFirst);
  return isolate(text, is_symbol);
}

}  // namespace

std::u32string tokenize_text(std::string_view sentence, TextTokenizer tokenizer,
                             LetterCase letter_case) {
  std::u32string text = decode_utf8(sentence, letter_case);
  text.resize(strip_right(text).size());
  switch (tokenizer) {
    case TextTokenizer::k13a:
      return tokenize_13a(std::move(text));
    case TextTokenizer::kIntl:
      return tokenize_intl(text);
    case TextTokenizer::kChar:
      return isolate(text, [](char32_t) { return true; });
    case TextTokenizer::kNone:
      return text;
  }
  throw std::logic_error("unknown tokenizer");
}

std::string_view to_string(TextTokenizer tokenizer) {
  for (const auto& [value, name] : kNames) {
    if (value == tokenizer) return name;
  }
  throw std::logic_error("unknown tokenizer");
}

TextTokenizer parse_text_tokenizer(std::string_view name) {
  std::string valid;
  for (const auto& [value, known] : kNames) {
    if (known == name) return value;
    valid += fmt::format("{}{}", valid.empty() ? "" : ", ", known);
  }
  throw UsageError(fmt::format("unknown tokenizer '{}'; valid ones are: {}", name, valid));
}

}  // namespace seqlab
