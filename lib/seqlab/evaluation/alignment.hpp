#pragma once

// Word alignments: from attention, their symmetrisation, their files, and their scores.
//
// Scores (Och and Ney 2003). The gold links are sure (S) or possible (P, which includes S); for an
// alignment A
//
//   precision = |A n P| / |A|     recall = |A n S| / |S|
//   alignment error rate (AER) = 1 - (|A n S| + |A n P|) / (|A| + |S|)
//
// They need gold links of every word. Where only some words are linked, as by silver links, link
// accuracy still means something: the share of the target words with a sure link that are aligned
// to a source word linked to them (surely or possibly).

#include <compare>
#include <filesystem>
#include <string>
#include <vector>

#include "seqlab/tensor/matrix.hpp"

namespace seqlab {

/// Positions of words, counted from 0.
struct Link {
  Index source = 0;
  Index target = 0;
  auto operator<=>(const Link&) const = default;
};

/// Links of one sentence pair: sorted, each once.
using Links = std::vector<Link>;

struct GoldLinks {
  Links sure;
  Links possible;  ///< includes the sure ones
};

/// How alignments of the two directions become one: none (target to source only), their
/// intersection, their union, or grow-diag-final-and (Koehn, Och and Marcu 2003; the name is that
/// of Moses): from the intersection, add links of the union that neighbour a link, diagonals
/// too, and align a word that has no link yet; then links of either direction whose words both
/// have none.
enum class Symmetrisation { none, intersection, either, grow_diag_final_and };

/// Throws UsageError that lists the names: none, intersection, union, grow-diag-final-and.
Symmetrisation parse_symmetrisation(const std::string& name);

Links symmetrise(const Links& target_to_source, const Links& source_to_target,
                 Symmetrisation method);

/// "0-0 1-2", source first (the Pharaoh format).
std::string pharaoh_line(const Links& links);
/// A line "SENTENCE SOURCE TARGET" for each link, all counted from 1 (the NAACL format of the 2003
/// shared task).
std::string naacl_lines(const Links& links, std::size_t sentence);

/// Reads gold links of `sentences` pairs, source first, in either format:
///   Pharaoh  a line per pair; "0-1" is sure, "0?1" possible
///   NAACL    lines "SENTENCE SOURCE TARGET [S|P] [CONFIDENCE]", counted from 1; S if none is given
/// Throws RuntimeFailure (with file and line) on anything else, and if the number of pairs differs.
std::vector<GoldLinks> read_gold_links(const std::filesystem::path& file, std::size_t sentences);

/// Adds the links of `more`, sure or not, to the possible ones.
void add_possible_links(std::vector<GoldLinks>& gold, const std::vector<GoldLinks>& more);

/// Throws RuntimeFailure that names pair and link if a link points past its sentences' words.
void check_links(const GoldLinks& gold, Index source_words, Index target_words,
                 std::size_t sentence);

/// Counts over any number of sentence pairs.
struct AlignmentScore {
  Index links = 0;           ///< |A|
  Index sure = 0;            ///< |S|
  Index links_sure = 0;      ///< |A n S|
  Index links_possible = 0;  ///< |A n P|
  Index linked_words = 0;    ///< target words with a sure link
  Index right_words = 0;     ///< those that are aligned to a word linked to them

  void add(const Links& alignment, const GoldLinks& gold);
  AlignmentScore& operator+=(const AlignmentScore& other);

  /// All are NaN if there is nothing to divide by.
  double precision() const;
  double recall() const;
  double error_rate() const;
  double link_accuracy() const;
};

inline namespace SEQLAB_PRECISION {

/// For every target word (row) the source word with the greatest weight, the first of equals.
/// Rows without any weight have no link.
Links target_to_source_links(const Matrix& attention);
/// For every source word (column) the target word that gives it the greatest weight.
Links source_to_target_links(const Matrix& attention);

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
