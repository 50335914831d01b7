#include "seqlab/evaluation/word_attention.hpp"

#include <unicode/uchar.h>

#include <algorithm>

#include "seqlab/data/utf8.hpp"
#include "seqlab/error.hpp"
#include "seqlab/tensor/gemm.hpp"
#include "seqlab/tensor/rows.hpp"

namespace seqlab {
namespace {

bool is_space(const Utf8Character& c) { return c.code >= 0 && u_isUWhiteSpace(c.code); }
bool is_letter(const Utf8Character& c) { return c.code >= 0 && u_isalnum(c.code); }

}  // namespace

WordRule parse_word_rule(const std::string& name) {
  if (name == "spaces") return WordRule::spaces;
  if (name == "marks") return WordRule::marks;
  throw UsageError(fmt::format("unknown rule for words '{}'; valid: spaces, marks", name));
}

std::vector<TextSpan> word_spans(std::string_view text, WordRule rule) {
  const std::vector<Utf8Character> characters = utf8_characters(text);
  std::vector<TextSpan> words;
  std::size_t place = 0;
  bool joins = false;  // the last word goes on with the next letter
  for (std::size_t i = 0; i < characters.size(); ++i) {
    const Utf8Character& c = characters[i];
    const std::size_t begin = place;
    place += c.bytes.size();
    if (is_space(c)) {
      joins = false;
      continue;
    }
    const bool letter = rule == WordRule::spaces || is_letter(c);
    const bool hinge = joins && (c.code == '\'' || c.code == '-') && i + 1 < characters.size() &&
                       is_letter(characters[i + 1]);
    if (joins && (letter || hinge)) {
      words.back().end = place;
    } else {
      words.push_back({begin, place});
    }
    joins = letter || hinge;
  }
  return words;
}

inline namespace SEQLAB_PRECISION {

Matrix token_shares(const std::vector<TextSpan>& tokens, const std::vector<TextSpan>& words) {
  Matrix shares = zeros(static_cast<Index>(tokens.size()), static_cast<Index>(words.size()));
  for (std::size_t t = 0; t < tokens.size(); ++t) {
    Real* row = ref(shares).row(static_cast<Index>(t));
    for (std::size_t w = 0; w < words.size(); ++w) {
      const std::size_t begin = std::max(tokens[t].begin, words[w].begin);
      const std::size_t end = std::min(tokens[t].end, words[w].end);
      if (begin < end) row[w] = static_cast<Real>(end - begin);
    }
    const Real all = sum(row, cols(shares));
    if (all > 0) scale(row, Real(1) / all, cols(shares));
  }
  return shares;
}

Matrix word_attention(const Matrix& attention, const Matrix& source_shares,
                      const Matrix& target_shares) {
  const Index targets = rows(target_shares), sources = rows(source_shares);
  check(targets <= rows(attention) && sources <= cols(attention),
        "word attention: a [{}, {}] map of {} and {} tokens", rows(attention), cols(attention),
        targets, sources);
  const ConstMatrixRef tokens = ref(attention).row_block(0, targets).column_block(0, sources);
  Matrix by_source_word = make_matrix(targets, cols(source_shares));
  multiply_nn(tokens, ref(source_shares), Real(0), ref(by_source_word));
  Matrix words = make_matrix(cols(target_shares), cols(source_shares));
  multiply_tn(ref(target_shares), ref(by_source_word), Real(0), ref(words));
  std::vector<Real> token_counts(static_cast<std::size_t>(cols(target_shares)), Real(0));
  add_column_sums(ref(target_shares), token_counts.data());
  for (Index w = 0; w < rows(words); ++w) {
    const Real count = token_counts[static_cast<std::size_t>(w)];
    if (count > 0) scale(ref(words).row(w), Real(1) / count, cols(words));
  }
  return words;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
