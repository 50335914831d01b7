#pragma once

// ELIZA's scripts in the format of the appendix to Weizenbaum 1966 ("ELIZA - a computer program
// for the study of natural language communication between man and machine", CACM 9(1)):
//
//   (HOW DO YOU DO)                        what ELIZA says first
//   START
//   (KEYWORD = SUBSTITUTE DLIST(/TAG) 5    a rule: all but the keyword may be left out;
//     ((0 PATTERN 0)                       5 is the precedence; then transformations, each a
//       (ANSWER WITH PART 3)               pattern with answers that are used in turn; an answer
//       (=OTHER)                           may also go on with the rules of another keyword,
//       (NEWKEY)                           go on with the next keyword of the sentence,
//       (PRE (REWRITTEN 3) (=OTHER)))      or rewrite the sentence and go on with a keyword
//     (=OTHER))                            where to go on if no pattern matches
//   (MEMORY KEYWORD                        four ways to note a sentence for later
//     (0 PATTERN 0 = LATER ANSWER 3) ...)
//   (NONE ((0) (ANSWER) ...))              when there is no keyword
//   ()                                     the end; what follows is not read

#include <array>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "seqlab/history/pattern.hpp"

namespace seqlab {

struct Reassembly {
  enum class Kind {
    answer,   ///< the text is the answer
    link,     ///< go on with the rules of the keyword `link`
    newkey,   ///< go on with the next keyword of the sentence
    rewrite,  ///< (PRE ..): the text is the new sentence; go on with `link`
  };
  Kind kind = Kind::answer;
  Template text{};
  std::string link{};
};

struct Transformation {
  std::size_t number = 0;  ///< among all of the script, from 0
  Pattern pattern;
  std::vector<Reassembly> reassemblies;  ///< used in turn
};

struct KeywordRule {
  std::size_t line = 0;
  std::string keyword;
  std::string substitute;  ///< replaces the keyword in the sentence; "" if none does
  int precedence = 0;
  std::vector<Transformation> transformations;
  std::string link;  ///< a keyword to go on with when no pattern matches, or ""

  /// Whether the word can answer; else it is only replaced or tagged.
  bool can_answer() const { return !transformations.empty() || !link.empty(); }
};

struct MemoryRule {
  static constexpr int kHashBits = 2;
  std::string keyword;  ///< "" if the script has no memory
  struct Note {
    Pattern pattern;
    Template text;
  };
  std::array<Note, 1 << kHashBits> notes;
};

struct Script {
  Words greeting;
  std::map<std::string, KeywordRule> rules;
  KeywordRule none;
  MemoryRule memory;
  Tags tags;
  std::size_t transformations = 0;  ///< how many there are in all
};

/// Words become capitals. `name` is the file's, for messages.
/// Throws RuntimeFailure with file, line and what was expected on anything else than the format
/// above, and on keywords, tags and parts that are used and do not exist.
Script parse_script(std::string_view text, const std::string& name);

/// Throws RuntimeFailure also if the file cannot be read or is no UTF-8 text.
Script read_script(const std::filesystem::path& file);

/// As a script has it.
std::string to_string(const Reassembly& reassembly);

}  // namespace seqlab
