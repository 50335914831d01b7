// Values that the surviving papers and conversations fix (Weizenbaum 1966, page 38, and the memory
// rules that the published conversations show), and some from the definition by hand.

#include "seqlab/history/slip.hpp"

#include <doctest/doctest.h>

using namespace seqlab;

TEST_CASE("A word's last cell holds its last one to six characters and blanks") {
  CHECK(last_cell("ALWAYS") == 0214366217062);
  CHECK(last_cell("HERE") == 0302551256060);
  CHECK(last_cell("KIDS") == 0423124626060);
  CHECK(last_cell("TIME") == 0633144256060);
  CHECK(last_cell("") == 0606060606060);
  CHECK(last_cell("STRAWBERRY") == last_cell("ERRY"));      // 6 + 4
  CHECK(last_cell("STRAWBERRIES") == last_cell("ERRIES"));  // 6 + 6
  CHECK(last_cell("A?") == last_cell("A"));
}

TEST_CASE("HASH gives the published values") {
  CHECK(slip_hash(last_cell("ALWAYS"), 7) == 14);
  CHECK(slip_hash(last_cell("HERE"), 2) == 3);
  CHECK(slip_hash(last_cell("KIDS"), 2) == 1);
  CHECK(slip_hash(last_cell("TIME"), 2) == 0);
}

TEST_CASE("HASH takes the middle bits of the square and leaves the sign bit out") {
  const std::uint64_t sign = std::uint64_t{1} << 35;
  CHECK(slip_hash(sign | 12345678901, 15) == slip_hash(12345678901, 15));
  // (2^35 - 1)^2 = 2^70 - 2^36 + 1: bits 36 to 69 are ones, bits 1 to 35 zeros.
  CHECK(slip_hash(sign - 1, 0) == 0);
  CHECK(slip_hash(sign - 1, 15) == 0b111111100000000);  // bits 28 to 42
  // (2^17)^2 = 2^34, just below the middle bit of HASH(., 2) but one: bits 34 and 35.
  CHECK(slip_hash(std::uint64_t{1} << 17, 2) == 1);
}

TEST_CASE("The machine's character set is known") {
  for (const char c : std::string_view("AZ09 =+.)-$*/,('")) CHECK(in_character_set(c));
  for (const char c : std::string_view("az?!\";")) CHECK_FALSE(in_character_set(c));
}
