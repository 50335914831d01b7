#pragma once

// Text as code points, with the meaning that Python's `str` gives to lower case and white space:
// the metrics on text are defined by programs written in Python.

#include <string>
#include <string_view>
#include <vector>

namespace seqlab {

enum class LetterCase { kKeep, kLower };

/// The code points of UTF-8 text; an ill-formed sequence becomes U+FFFD. Lower case is Unicode's
/// full mapping without a language: a capital dotted I gives two code points, and a capital sigma
/// at the end of a word its final form.
std::u32string decode_utf8(std::string_view text, LetterCase letter_case = LetterCase::kKeep);

/// The inverse of decode_utf8.
std::string encode_utf8(std::u32string_view text);

/// White space as str.isspace() has it: Unicode's, and the four information separators 1C-1F.
bool is_space(char32_t c);

/// The text without white space at its end.
std::u32string_view strip_right(std::u32string_view text);

/// The words between runs of white space; they view `text`.
std::vector<std::u32string_view> split_words(std::u32string_view text);

}  // namespace seqlab
