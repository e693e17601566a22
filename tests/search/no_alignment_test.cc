// Tests that engines without alignment give the same hypotheses as those that have one.
#include <gtest/gtest.h>

#include "toy_engine.h"

namespace attend::search {
namespace {

using namespace testing;

const Distribution kDistribution = [](const Tokens& source, const Tokens& prefix) {
  return random_log_probabilities(hash(hash(3, source), prefix), 4);
};

const std::vector<Tokens> kSources{{1, 2, 3}, {2}, {3, 1}};

void expect_equal_but_unaligned(const Hypothesis& found, const Hypothesis& expected) {
  EXPECT_EQ(found.tokens, expected.tokens);
  EXPECT_EQ(found.token_scores, expected.token_scores);
  EXPECT_EQ(found.score, expected.score);
  EXPECT_EQ(found.source_length, expected.source_length);
  EXPECT_TRUE(found.alignment.empty());
  EXPECT_TRUE(links(found, 3).empty());
}

TEST(NoAlignment, LeavesTheSearchAsItIs) {
  const ToyEngine aligned(kDistribution, {}), unaligned(kDistribution, {.has_alignment = false});
  const SearchOptions options = make_options(3, 3, 1.0, 5);
  const auto expected = search(aligned, kSources, options);
  const auto found = search(unaligned, kSources, options);
  ASSERT_EQ(found.size(), expected.size());
  for (std::size_t s = 0; s < found.size(); ++s) {
    ASSERT_EQ(found[s].size(), expected[s].size());
    for (std::size_t k = 0; k < found[s].size(); ++k) {
      expect_equal_but_unaligned(found[s][k], expected[s][k]);
    }
  }
}

TEST(NoAlignment, LeavesForcedScoresAsTheyAre) {
  const ToyEngine aligned(kDistribution, {}), unaligned(kDistribution, {.has_alignment = false});
  const std::vector<Tokens> targets{{1, 2}, {}, {3, 3, 3}};
  const auto expected = score(aligned, kSources, targets, 1.0);
  const auto found = score(unaligned, kSources, targets, 1.0);
  for (std::size_t s = 0; s < found.size(); ++s) {
    expect_equal_but_unaligned(found[s], expected[s]);
  }
}

}  // namespace
}  // namespace attend::search
