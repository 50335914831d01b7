#include "seqlab/evaluation/alignment.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <set>

#include "seqlab/error.hpp"

namespace seqlab {
namespace {

bool contains_link(const Links& links, const Link& link) {
  return std::binary_search(links.begin(), links.end(), link);
}

Index count_common(const Links& a, const Links& b) {
  return static_cast<Index>(
      std::count_if(a.begin(), a.end(), [&](const Link& link) { return contains_link(b, link); }));
}

double ratio(Index part, Index whole) {
  return static_cast<double>(part) / static_cast<double>(whole);
}

/// Grows an alignment from the intersection of two.
class Grower {
 public:
  Grower(const Links& intersection, const Links& either)
      : links_(intersection.begin(), intersection.end()), either_(either) {
    for (const Link& link : intersection) note(link);
  }

  void grow_diagonally() {
    static constexpr std::array<Link, 8> kNeighbours{
        {{-1, 0}, {0, -1}, {1, 0}, {0, 1}, {-1, -1}, {-1, 1}, {1, -1}, {1, 1}}};
    for (std::size_t before = 0; before != links_.size();) {
      before = links_.size();
      // A link that is added behind the current one is met in the same round.
      for (const Link& link : links_) {
        for (const Link& step : kNeighbours) {
          const Link near{link.source + step.source, link.target + step.target};
          const bool one_is_free = free_source(near.source) || free_target(near.target);
          if (one_is_free && contains_link(either_, near)) insert(near);
        }
      }
    }
  }

  void add_where_both_are_free(const Links& direction) {
    for (const Link& link : direction) {
      if (free_source(link.source) && free_target(link.target)) insert(link);
    }
  }

  Links links() const { return {links_.begin(), links_.end()}; }

 private:
  bool free_source(Index word) const { return !sources_.contains(word); }
  bool free_target(Index word) const { return !targets_.contains(word); }
  void note(const Link& link) {
    sources_.insert(link.source);
    targets_.insert(link.target);
  }
  void insert(const Link& link) {
    links_.insert(link);
    note(link);
  }

  std::set<Link> links_;
  const Links& either_;
  std::set<Index> sources_;
  std::set<Index> targets_;
};

const std::array<std::pair<const char*, Symmetrisation>, 4> kSymmetrisations{
    {{"none", Symmetrisation::none},
     {"intersection", Symmetrisation::intersection},
     {"union", Symmetrisation::either},
     {"grow-diag-final-and", Symmetrisation::grow_diag_final_and}}};

}  // namespace

Symmetrisation parse_symmetrisation(const std::string& name) {
  std::vector<std::string> names;
  for (const auto& [known, method] : kSymmetrisations) {
    if (name == known) return method;
    names.emplace_back(known);
  }
  throw UsageError(
      fmt::format("unknown symmetrisation '{}'; valid: {}", name, fmt::join(names, ", ")));
}

Links symmetrise(const Links& target_to_source, const Links& source_to_target,
                 Symmetrisation method) {
  if (method == Symmetrisation::none) return target_to_source;
  Links intersection, either;
  std::set_intersection(target_to_source.begin(), target_to_source.end(), source_to_target.begin(),
                        source_to_target.end(), std::back_inserter(intersection));
  if (method == Symmetrisation::intersection) return intersection;
  std::set_union(target_to_source.begin(), target_to_source.end(), source_to_target.begin(),
                 source_to_target.end(), std::back_inserter(either));
  if (method == Symmetrisation::either) return either;
  Grower grower(intersection, either);
  grower.grow_diagonally();
  grower.add_where_both_are_free(target_to_source);
  grower.add_where_both_are_free(source_to_target);
  return grower.links();
}

void AlignmentScore::add(const Links& alignment, const GoldLinks& gold) {
  links += static_cast<Index>(alignment.size());
  sure += static_cast<Index>(gold.sure.size());
  links_sure += count_common(alignment, gold.sure);
  links_possible += count_common(alignment, gold.possible);
  std::set<Index> linked, right;
  for (const Link& link : gold.sure) linked.insert(link.target);
  for (const Link& link : alignment) {
    if (linked.contains(link.target) && contains_link(gold.possible, link)) {
      right.insert(link.target);
    }
  }
  linked_words += static_cast<Index>(linked.size());
  right_words += static_cast<Index>(right.size());
}

AlignmentScore& AlignmentScore::operator+=(const AlignmentScore& other) {
  links += other.links;
  sure += other.sure;
  links_sure += other.links_sure;
  links_possible += other.links_possible;
  linked_words += other.linked_words;
  right_words += other.right_words;
  return *this;
}

double AlignmentScore::precision() const { return ratio(links_possible, links); }
double AlignmentScore::recall() const { return ratio(links_sure, sure); }
double AlignmentScore::error_rate() const {
  return 1.0 - ratio(links_sure + links_possible, links + sure);
}
double AlignmentScore::link_accuracy() const { return ratio(right_words, linked_words); }

inline namespace SEQLAB_PRECISION {

Links target_to_source_links(const Matrix& attention) {
  Links links;
  for (Index t = 0; t < rows(attention); ++t) {
    const Real* row = ref(attention).row(t);
    const Real* best = std::max_element(row, row + cols(attention));
    if (best != row + cols(attention) && *best > 0) links.push_back({best - row, t});
  }
  std::sort(links.begin(), links.end());
  return links;
}

Links source_to_target_links(const Matrix& attention) {
  Links links;
  for (Index s = 0; s < cols(attention); ++s) {
    Real best = 0;
    Index word = -1;
    for (Index t = 0; t < rows(attention); ++t) {
      const Real weight = ref(attention).row(t)[s];
      if (weight <= best) continue;
      best = weight;
      word = t;
    }
    if (word >= 0) links.push_back({s, word});
  }
  return links;
}

}  // namespace SEQLAB_PRECISION
}  // namespace seqlab
