#pragma once

// What an experiment should show, as lines of its section [expect]:
//
//   attention = bleu(bahdanau) > bleu(lstm) | Bahdanau 2015, table 1: 26.75 > 17.82
//   gap-grows = bleu(bahdanau, long) - bleu(lstm, long) > bleu(bahdanau, short) - bleu(lstm, short)
//   no-worse  = bleu(lstm) > bleu(gru) - 1 | Britz 2017: 22.22 > 21.78
//
//   expectation = sum ( ">" | "<" ) sum [ "|" published ]
//   sum         = term { ( "+" | "-" ) term }
//   term        = number | [ number "*" ] measure "(" model [ "," bucket ] ")"
//   measure     = bleu | chrf | exact | accuracy | ratio | perplexity
//   bucket      = short | long | LOW-HIGH | LOW+             of source lengths; default: all
//
// If a file holds several experiments (see sweep.hpp), [expect] is about each of them and
// [expect.PART] about one.
//
// exact and accuracy (of tokens, teacher-forced) are percentages. short and long are the first and
// the last bucket of the test; others are named as in by_length.csv.

#include <optional>
#include <string>
#include <vector>

namespace seqlab {

/// Lengths, both ends included.
struct LengthRange {
  double low = 0;
  double high = 0;

  bool contains(double length) const { return length >= low && length <= high; }
};

/// "21-30" or "61+"; none if it has another form.
std::optional<LengthRange> parse_length_range(const std::string& text);

struct Term {
  double factor = 1.0;
  std::string measure;  ///< empty: the factor is the value
  std::string model;
  std::string bucket;  ///< empty: all sentences
};

struct Expectation {
  std::string name;
  std::string statement;   ///< as written, without what was published
  std::string published;   ///< the source and its numbers
  std::vector<Term> more;  ///< the sum that should be greater ..
  std::vector<Term> less;  ///< .. than this one
  std::string where;       ///< file and line
};

/// Throws UsageError that says where and what was expected.
Expectation parse_expectation(const std::string& name, const std::string& text,
                              const std::string& where);

/// Names of the measures.
const std::vector<std::string>& expectation_measures();

}  // namespace seqlab
