#include "seqlab/evaluation/alignment.hpp"

#include <doctest/doctest.h>

#include <cmath>

#include "seqlab/error.hpp"
#include "support.hpp"

using namespace seqlab;

namespace {

// Koehn, Och and Marcu 2003: Maria no daba una bofetada a la bruja verde
//                            Mary did not slap the green witch
const Links kSpanishToEnglish = {{0, 0}, {1, 2}, {2, 3}, {3, 3}, {4, 3},
                                 {5, 1}, {6, 4}, {7, 6}, {8, 5}};
const Links kEnglishToSpanish = {{0, 0}, {1, 1}, {1, 2}, {4, 3}, {6, 4}, {7, 6}, {8, 5}};

Links symmetrised(Symmetrisation method) {
  return symmetrise(kEnglishToSpanish, kSpanishToEnglish, method);
}

}  // namespace

TEST_CASE("Alignment error rate, worked by hand") {
  // |A| = 4, |S| = 3, |A n S| = 2, |A n P| = 3.
  const GoldLinks gold{{{0, 0}, {1, 1}, {3, 2}}, {{0, 0}, {1, 1}, {2, 1}, {2, 2}, {3, 2}}};
  AlignmentScore score;
  score.add({{0, 0}, {1, 1}, {2, 2}, {3, 3}}, gold);
  CHECK(score.precision() == doctest::Approx(3.0 / 4));
  CHECK(score.recall() == doctest::Approx(2.0 / 3));
  CHECK(score.error_rate() == doctest::Approx(1 - 5.0 / 7));
  // Target words 0, 1, 2 have sure links; 2 is aligned to a word that is only possible.
  CHECK(score.link_accuracy() == doctest::Approx(1.0));
}

TEST_CASE("Alignment error rate is 0 between all sure and all possible links, 1 for none right") {
  const GoldLinks gold{{{0, 0}}, {{0, 0}, {1, 0}, {1, 1}}};
  for (const Links& good : {gold.sure, gold.possible}) {
    AlignmentScore score;
    score.add(good, gold);
    CHECK(score.error_rate() == doctest::Approx(0));
  }
  AlignmentScore bad;
  bad.add({{0, 1}}, gold);
  CHECK(bad.error_rate() == doctest::Approx(1));
  CHECK(bad.link_accuracy() == 0);
  CHECK(std::isnan(AlignmentScore().error_rate()));
}

TEST_CASE("Alignment scores add up over sentences, not over their averages") {
  const GoldLinks one{{{0, 0}}, {{0, 0}}};
  const GoldLinks three{{{0, 0}, {1, 1}, {2, 2}}, {{0, 0}, {1, 1}, {2, 2}}};
  AlignmentScore first, second;
  first.add({{0, 0}}, one);
  second.add({{0, 0}, {0, 1}, {0, 2}}, three);
  first += second;
  CHECK(first.precision() == doctest::Approx(2.0 / 4));
  CHECK(first.error_rate() == doctest::Approx(1 - 4.0 / 8));
  CHECK(first.link_accuracy() == doctest::Approx(2.0 / 4));
}

TEST_CASE("Symmetrisation of the example of Koehn, Och and Marcu 2003") {
  const Links common = {{0, 0}, {1, 2}, {4, 3}, {6, 4}, {7, 6}, {8, 5}};
  CHECK(symmetrised(Symmetrisation::intersection) == common);
  CHECK(symmetrised(Symmetrisation::either) ==
        Links{{0, 0}, {1, 1}, {1, 2}, {2, 3}, {3, 3}, {4, 3}, {5, 1}, {6, 4}, {7, 6}, {8, 5}});
  // "no" grows to "did", "slap" to "daba una"; "a" has no neighbour, and "did" is not free for it.
  CHECK(symmetrised(Symmetrisation::grow_diag_final_and) ==
        Links{{0, 0}, {1, 1}, {1, 2}, {2, 3}, {3, 3}, {4, 3}, {6, 4}, {7, 6}, {8, 5}});
  CHECK(symmetrised(Symmetrisation::none) == kEnglishToSpanish);
  CHECK(parse_symmetrisation("union") == Symmetrisation::either);
  CHECK(contains(message_of<UsageError>([] { parse_symmetrisation("gdfa"); }),
                 "none, intersection, union, grow-diag-final-and"));
}

TEST_CASE("The last step of grow-diag-final-and adds links of two free words") {
  const Links forward = {{0, 0}, {4, 2}};
  const Links backward = {{0, 0}, {2, 4}, {4, 4}};
  // 4-2 comes first and takes the source word 4 away from 4-4; 2-4 is still free.
  CHECK(symmetrise(forward, backward, Symmetrisation::grow_diag_final_and) ==
        Links{{0, 0}, {2, 4}, {4, 2}});
}

TEST_CASE("Links from attention: the strongest of each row or of each column") {
  const Matrix attention{{0.1F, 0.9F, 0.0F}, {0.5F, 0.5F, 0.0F}, {0.0F, 0.0F, 0.0F}};
  CHECK(target_to_source_links(attention) == Links{{0, 1}, {1, 0}});
  CHECK(source_to_target_links(attention) == Links{{0, 1}, {1, 0}});
}

TEST_CASE("Alignments in Pharaoh's format") {
  const TemporaryFolder folder;
  const Links links = {{0, 0}, {2, 1}};
  CHECK(pharaoh_line(links) == "0-0 2-1");
  const auto gold = read_gold_links(write(folder, "a", "2-1 0-0 1?0\n\n"), 2);
  CHECK(gold[0].sure == links);
  CHECK(gold[0].possible == Links{{0, 0}, {1, 0}, {2, 1}});
  CHECK(gold[1].sure.empty());

  CHECK(
      contains(message_of<RuntimeFailure>([&] { read_gold_links(write(folder, "b", "0-0\n"), 2); }),
               "has 1 lines, but the text has 2"));
  const std::string message =
      message_of<RuntimeFailure>([&] { read_gold_links(write(folder, "c", "0-0\n1-x\n"), 2); });
  CHECK(contains(message, "c:2: '1-x' is no link"));
}

TEST_CASE("Alignments in the NAACL format") {
  const TemporaryFolder folder;
  CHECK(naacl_lines({{0, 0}, {2, 1}}, 6) == "7 1 1\n7 3 2\n");
  const auto gold = read_gold_links(write(folder, "a", "0001 1 1 S\n0001 2 1 P 0.5\n2 3 1\n"), 2);
  CHECK(gold[0].sure == Links{{0, 0}});
  CHECK(gold[0].possible == Links{{0, 0}, {1, 0}});
  CHECK(gold[1].sure == Links{{2, 0}});
  const std::string message =
      message_of<RuntimeFailure>([&] { read_gold_links(write(folder, "b", "1 1 1\n1 0 1\n"), 1); });
  CHECK(contains(message, "b:2: '1 0 1' is no link"));
  CHECK(contains(
      message_of<RuntimeFailure>([&] { read_gold_links(write(folder, "c", "3 1 1\n"), 2); }),
      "sentence 3, but the text has 2"));
}

TEST_CASE("Gold links past the end of a sentence are an error that says what may be wrong") {
  const GoldLinks gold{{{0, 2}}, {{0, 2}}};
  CHECK_NOTHROW(check_links(gold, 1, 3, 0));
  CHECK(contains(message_of<RuntimeFailure>([&] { check_links(gold, 3, 1, 4); }),
                 "sentence pair 5 has the link 0-2, but only 3 and 1 words"));
}
