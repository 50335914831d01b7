#pragma once

// What ELIZA took from SLIP, the list processor on the IBM 7094 that it was written in: memory
// cells of six characters with six bits each, and the mid-square function HASH, by which ELIZA
// chooses one of its memory rules.

#include <cstdint>
#include <string_view>

namespace seqlab {

/// Whether the machine's character set has this character: A-Z 0-9 blank = ' + . ) - $ * / , (
bool in_character_set(char c);

/// The 36 bits of the word's last cell: its last one to six characters (cells are filled from the
/// left), then blanks. Characters outside the set count as blanks.
std::uint64_t last_cell(std::string_view word);

/// HASH(datum, bits): the middle `bits` bits of the square of the datum's lower 35 bits (the
/// topmost bit is the sign). bits is 0 to 15.
std::uint32_t slip_hash(std::uint64_t datum, int bits);

}  // namespace seqlab
