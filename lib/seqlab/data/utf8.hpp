#pragma once

// Walking through UTF-8 text character by character.

#include <cstdint>
#include <string_view>
#include <vector>

namespace seqlab {

/// A Unicode code point and its bytes within the text. Bytes that are no valid UTF-8 have the code
/// point kInvalidCharacter.
struct Utf8Character {
  std::int32_t code = 0;
  std::string_view bytes;
};

inline constexpr std::int32_t kInvalidCharacter = -1;

/// The character that `text` starts with; `text` must not be empty.
Utf8Character first_utf8_character(std::string_view text);

/// How many characters it has, for columns that line up: bytes that do not continue another.
std::size_t utf8_width(std::string_view text);

/// All characters; their bytes together are the text.
std::vector<Utf8Character> utf8_characters(std::string_view text);

}  // namespace seqlab
