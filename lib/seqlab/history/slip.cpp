#include "seqlab/history/slip.hpp"

#include "seqlab/error.hpp"

namespace seqlab {

namespace {

constexpr std::size_t kCellCharacters = 6;
constexpr int kCharacterBits = 6;

/// A character's place is its code; '?' fills codes without a character.
constexpr std::string_view kCharacters =
    "0123456789?='???"
    "+ABCDEFGHI?.)???"
    "-JKLMNOPQR?$*???"
    " /STUVWXYZ?,(???";

}  // namespace

bool in_character_set(char c) { return c != '?' && kCharacters.find(c) != std::string_view::npos; }

std::uint64_t last_cell(std::string_view word) {
  if (!word.empty()) word.remove_prefix((word.size() - 1) / kCellCharacters * kCellCharacters);
  std::uint64_t cell = 0;
  for (std::size_t i = 0; i < kCellCharacters; ++i) {
    const char c = i < word.size() && in_character_set(word[i]) ? word[i] : ' ';
    cell = cell << kCharacterBits | kCharacters.find(c);
  }
  return cell;
}

std::uint32_t slip_hash(std::uint64_t datum, int bits) {
  check(bits >= 0 && bits <= 15, "HASH of {} bits", bits);
  constexpr int kMagnitudeBits = 35;
  datum &= (std::uint64_t{1} << kMagnitudeBits) - 1;
  // The square has 70 bits. Those that 64 do not hold lie above the middle.
  const std::uint64_t square = datum * datum;
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  return static_cast<std::uint32_t>(square >> (kMagnitudeBits - bits / 2) & mask);
}

}  // namespace seqlab
