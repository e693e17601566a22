#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "alignment/alignment.h"

namespace attend::alignment {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

using Links = std::vector<Link>;

Links join(const Links& forward, const Links& reverse, Symmetrisation how) {
  return symmetrise(forward, reverse, how);
}

// The links of one pair, drawn by hand: source words down, target words across.
//
//        0 1 2 3        f: only forward   r: only reverse   b: both
//      0 b . . .
//      1 . f . .
//      2 . . b r
//      3 f . . .
//      4 . . . r
const Links kForward{{0, 0}, {1, 1}, {2, 2}, {3, 0}};
const Links kReverse{{0, 0}, {2, 2}, {2, 3}, {4, 3}};

TEST(Symmetrise, GivesTheSetsThatTheNamesSay) {
  EXPECT_THAT(join(kForward, kReverse, Symmetrisation::kIntersection),
              ElementsAre(Link{0, 0}, Link{2, 2}));
  EXPECT_THAT(join(kForward, kReverse, Symmetrisation::kUnion),
              ElementsAre(Link{0, 0}, Link{1, 1}, Link{2, 2}, Link{2, 3}, Link{3, 0}, Link{4, 3}));
}

TEST(Symmetrise, GrowsToNeighboursOfTheIntersection) {
  // (1, 1) is diagonal to (0, 0), (2, 3) beside (2, 2). (3, 0) and (4, 3) are neighbours of none.
  EXPECT_THAT(join(kForward, kReverse, Symmetrisation::kGrowDiag),
              ElementsAre(Link{0, 0}, Link{1, 1}, Link{2, 2}, Link{2, 3}));
}

TEST(Symmetrise, FinallyLinksWordsThatHaveNone) {
  // Source words 3 and 4 have no link, but target words 0 and 3 have.
  EXPECT_THAT(join(kForward, kReverse, Symmetrisation::kGrowDiagFinal),
              ElementsAre(Link{0, 0}, Link{1, 1}, Link{2, 2}, Link{2, 3}, Link{3, 0}, Link{4, 3}));
  EXPECT_THAT(join(kForward, kReverse, Symmetrisation::kGrowDiagFinalAnd),
              ElementsAre(Link{0, 0}, Link{1, 1}, Link{2, 2}, Link{2, 3}));
}

TEST(Symmetrise, FinalAndLinksTwoWordsThatHaveNone) {
  const Links forward{{0, 0}, {5, 5}, {5, 6}}, reverse{{0, 0}, {7, 6}, {5, 7}};
  // (5, 5) is taken first; then 5 is linked, and (7, 6) is the only one of two free words.
  EXPECT_THAT(join(forward, reverse, Symmetrisation::kGrowDiagFinalAnd),
              ElementsAre(Link{0, 0}, Link{5, 5}, Link{7, 6}));
}

TEST(Symmetrise, GrowsFromLinksThatItHasAdded) {
  // A chain away from (3, 3): each link is a neighbour of the one before only.
  const Links chain{{3, 3}, {2, 2}, {1, 1}, {0, 0}, {4, 4}, {5, 5}};
  EXPECT_THAT(join(chain, Links{{3, 3}}, Symmetrisation::kGrowDiag),
              ElementsAre(Link{0, 0}, Link{1, 1}, Link{2, 2}, Link{3, 3}, Link{4, 4}, Link{5, 5}));
}

TEST(Symmetrise, DoesNotGrowBetweenTwoLinkedWords) {
  // (0, 1) is beside both links, but source word 0 and target word 1 have one.
  EXPECT_THAT(join(Links{{0, 0}, {1, 1}, {0, 1}}, Links{{0, 0}, {1, 1}}, Symmetrisation::kGrowDiag),
              ElementsAre(Link{0, 0}, Link{1, 1}));
}

// The neighbours above and to the left come before those on a diagonal.
TEST(Symmetrise, TakesNeighboursInTheirOrder) {
  // (0, 1), above (1, 1), links source word 0. Then (0, 0) links target word 0, and (1, 0) has two
  // linked words.
  const Links around{{1, 1}, {0, 1}, {0, 0}};
  EXPECT_THAT(join(around, Links{{1, 1}}, Symmetrisation::kGrowDiag),
              ElementsAre(Link{0, 0}, Link{0, 1}, Link{1, 1}));
  // (1, 0), left of (1, 1), comes before the diagonal (0, 0) and after (0, 1).
  EXPECT_THAT(join(Links{{1, 1}, {0, 1}, {1, 0}, {0, 0}}, Links{{1, 1}}, Symmetrisation::kGrowDiag),
              ElementsAre(Link{0, 1}, Link{1, 0}, Link{1, 1}));
}

TEST(Symmetrise, TakesRepeatedAndNoLinks) {
  for (const Symmetrisation how : all_symmetrisations()) {
    SCOPED_TRACE(symmetrisation_name(how));
    EXPECT_THAT(join({}, {}, how), IsEmpty());
    EXPECT_THAT(join({{1, 0}, {1, 0}}, {{1, 0}}, how), ElementsAre(Link{1, 0}));
  }
}

Links random_links(std::mt19937& random, std::size_t size) {
  Links links;
  for (std::size_t i = random() % (2 * size); i > 0; --i) {
    links.push_back({random() % size, random() % size});
  }
  return links;
}

bool within(const Links& inner, const Links& outer) {
  return std::includes(outer.begin(), outer.end(), inner.begin(), inner.end());
}

TEST(Symmetrise, IsNested) {
  std::mt19937 random(7);
  for (int trial = 0; trial < 2000; ++trial) {
    const std::size_t size = 1 + random() % 8;
    const Links forward = random_links(random, size), reverse = random_links(random, size);
    const Links both = join(forward, reverse, Symmetrisation::kIntersection);
    const Links grown = join(forward, reverse, Symmetrisation::kGrowDiag);
    const Links final = join(forward, reverse, Symmetrisation::kGrowDiagFinal);
    const Links final_and = join(forward, reverse, Symmetrisation::kGrowDiagFinalAnd);
    const Links either = join(forward, reverse, Symmetrisation::kUnion);
    ASSERT_TRUE(within(both, grown));
    ASSERT_TRUE(within(grown, final));
    ASSERT_TRUE(within(grown, final_and));
    ASSERT_TRUE(within(final, either));
    ASSERT_TRUE(within(final_and, either));
  }
}

// Rounds over all links until nothing is added, as Koehn et al. (2003) write it.
Links grow_in_rounds(const Links& forward, const Links& reverse) {
  const Links start = symmetrise(forward, reverse, Symmetrisation::kIntersection);
  const Links either = symmetrise(forward, reverse, Symmetrisation::kUnion);
  std::set<Link> grown(start.begin(), start.end());
  const int steps[8][2] = {{-1, 0}, {0, -1}, {1, 0}, {0, 1}, {-1, -1}, {-1, 1}, {1, -1}, {1, 1}};
  for (bool added = true; added;) {
    added = false;
    for (std::size_t source = 0; source < 8; ++source) {
      for (std::size_t target = 0; target < 8; ++target) {
        if (grown.count({source, target}) == 0) continue;
        for (const auto& step : steps) {
          const Link near{source + static_cast<std::size_t>(step[0]),
                          target + static_cast<std::size_t>(step[1])};
          const auto linked = [&](auto word) {
            return std::any_of(grown.begin(), grown.end(),
                               [&](const Link& one) { return one.*word == near.*word; });
          };
          const bool open = !linked(&Link::source) || !linked(&Link::target);
          if (!open || !std::binary_search(either.begin(), either.end(), near)) continue;
          added = grown.insert(near).second || added;
        }
      }
    }
  }
  return {grown.begin(), grown.end()};
}

TEST(Symmetrise, GrowsAsRoundsOverAllLinksDo) {
  std::mt19937 random(8);
  for (int trial = 0; trial < 2000; ++trial) {
    const Links forward = random_links(random, 8), reverse = random_links(random, 8);
    ASSERT_THAT(join(forward, reverse, Symmetrisation::kGrowDiag),
                ElementsAreArray(grow_in_rounds(forward, reverse)));
  }
}

TEST(Symmetrise, FinalLeavesNoWordThatTheUnionLinks) {
  std::mt19937 random(9);
  for (int trial = 0; trial < 500; ++trial) {
    const Links forward = random_links(random, 6), reverse = random_links(random, 6);
    const Links final = join(forward, reverse, Symmetrisation::kGrowDiagFinal);
    for (const Link& link : join(forward, reverse, Symmetrisation::kUnion)) {
      EXPECT_TRUE(std::any_of(final.begin(), final.end(),
                              [&](const Link& one) { return one.source == link.source; }));
      EXPECT_TRUE(std::any_of(final.begin(), final.end(),
                              [&](const Link& one) { return one.target == link.target; }));
    }
  }
}

}  // namespace
}  // namespace attend::alignment
