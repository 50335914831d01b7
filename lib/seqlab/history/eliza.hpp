#pragma once

// ELIZA (Weizenbaum 1966), the first system of the story: it answers from a script, with no
// parameters and no understanding. A sentence becomes an answer in these steps.
//
//   1. Scan the words from left to right. A comma, a full stop or BUT ends a clause: if the clause
//      has no keyword it is dropped, otherwise the rest of the sentence is.
//   2. A word with a rule is replaced by its substitute (MY becomes YOUR). If it is a keyword it
//      goes on the keyword stack: on top if its precedence is higher than that of all before it,
//      at the bottom otherwise.
//   3. The top keyword's patterns are tried in order. The first that matches takes the sentence
//      apart, and the next of its answers in turn is assembled from the parts.
//   4. Besides, a sentence whose keyword is that of MEMORY is noted for later in one of four ways,
//      which the hash of its last word chooses.
//   5. Without a keyword, at every fourth sentence the oldest note is spoken, if there is one.
//      Otherwise NONE answers.
//
// Between two sentences it keeps nothing but `ElizaState`. Nothing is random. Where the article is
// silent (BUT, the hash, the count of four), this follows the program itself as it was found
// later.

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "seqlab/history/script.hpp"

namespace seqlab {

/// All that ELIZA keeps between two sentences.
struct ElizaState {
  std::vector<std::size_t> turns;  ///< the next answer of each transformation
  std::deque<std::string> notes;   ///< what MEMORY noted, the oldest first
  int limit = 1;                   ///< counts sentences, 1 to 4; at 4 a note may be spoken

  bool operator==(const ElizaState&) const = default;
};

/// The sentence as ELIZA sees it: words in capitals, commas and full stops as words of their own.
/// Other marks at which one pauses count as full stops, typographic apostrophes as plain ones;
/// what else the machine's character set lacks becomes a blank (marks) or a hyphen (letters).
Words split_sentence(std::string_view sentence);

class Eliza {
 public:
  explicit Eliza(Script script);

  std::string greeting() const { return join(script_.greeting); }

  /// The answer, in capitals. Throws RuntimeFailure if the script's links go round in a circle.
  std::string answer(std::string_view sentence);

  /// How the last answer came about, a line a step.
  const std::vector<std::string>& trace() const { return trace_; }

  const ElizaState& state() const { return state_; }
  void set_state(ElizaState state) { state_ = std::move(state); }

 private:
  struct Clause {
    Words words;                   ///< after substitution
    std::deque<std::string> keys;  ///< the keyword stack, its top first
  };

  Clause scan(const Words& sentence);
  void note(const std::string& key, const Words& words);
  /// The answer, or nothing if the clause's words and keys are now to be tried further.
  std::optional<std::string> transform(const KeywordRule& rule, Clause& clause);
  const Reassembly& take_turn(const Transformation& transformation);
  std::string answer_without_key(const Words& words);

  template <typename... Args>
  void explain(fmt::format_string<Args...> text, Args&&... args) {
    trace_.push_back(fmt::format(text, std::forward<Args>(args)...));
  }

  Script script_;
  ElizaState state_;
  std::vector<std::string> trace_;
};

}  // namespace seqlab
