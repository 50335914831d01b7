#pragma once

// ELIZA's two halves of a transformation (Weizenbaum 1966, pages 37 and 38): a pattern decomposes
// a sentence into parts, one for each element of the pattern, and a template assembles an answer
// from words and the parts' numbers.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace seqlab {

using Words = std::vector<std::string>;

/// The words that carry each tag (DLIST in the script).
using Tags = std::map<std::string, std::set<std::string>>;

struct PatternElement {
  enum class Kind {
    any,     ///< `0`: any number of words, none too
    count,   ///< `n`: exactly n words
    word,    ///< this word
    one_of,  ///< `(*A B)`: one of these words
    tagged,  ///< `(/A B)`: a word that carries one of these tags
  };
  Kind kind = Kind::any;
  std::size_t count = 0;
  Words words;  ///< the word, the words or the tags
};

using Pattern = std::vector<PatternElement>;

/// A word of an answer, or the number of the part that stands there (from 1; 0 for a word).
struct TemplateElement {
  std::string word;
  std::size_t part = 0;
};

using Template = std::vector<TemplateElement>;

/// The parts of the sentence, one for each element of the pattern, or nothing if it does not
/// match. Where there are several ways, the first `0` takes as few words as it can, then the
/// second, and so on. The time is the product of both lengths, whatever the pattern.
std::optional<std::vector<Words>> decompose(const Pattern& pattern, const Words& sentence,
                                            const Tags& tags);

/// Part numbers must not exceed the number of parts.
Words assemble(const Template& answer, const std::vector<Words>& parts);

/// As a script has them.
std::string to_string(const Pattern& pattern);
std::string to_string(const Template& answer);

/// The words with spaces between them.
std::string join(const Words& words);

}  // namespace seqlab
