#include "seqlab/data/utf8.hpp"

#include <algorithm>

#include <unicode/utf8.h>

#include "seqlab/error.hpp"

namespace seqlab {

Utf8Character first_utf8_character(std::string_view text) {
  check(!text.empty(), "first_utf8_character: no text");
  constexpr std::size_t kLongest = 4;
  const auto size = static_cast<std::int32_t>(std::min(text.size(), kLongest));
  std::int32_t position = 0;
  std::int32_t code = 0;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"  // inside ICU's macro
  U8_NEXT(text.data(), position, size, code);
#pragma GCC diagnostic pop
  return {code < 0 ? kInvalidCharacter : code, text.substr(0, static_cast<std::size_t>(position))};
}

std::vector<Utf8Character> utf8_characters(std::string_view text) {
  std::vector<Utf8Character> result;
  while (!text.empty()) {
    result.push_back(first_utf8_character(text));
    text.remove_prefix(result.back().bytes.size());
  }
  return result;
}

std::size_t utf8_width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

}  // namespace seqlab
