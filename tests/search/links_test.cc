#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "base/base.h"
#include "search/search.h"

namespace attend::search {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

Hypothesis make_hypothesis() {
  Hypothesis hypothesis;
  hypothesis.tokens = {4, 5, 6};
  hypothesis.source_length = 3;
  hypothesis.alignment = {0.2F, 0.7F, 0.1F,   // second
                          0.4F, 0.4F, 0.2F,   // a tie
                          0.1F, 0.3F, 0.6F};  // third
  return hypothesis;
}

TEST(Links, JoinEveryTargetWithItsMostProbableSource) {
  EXPECT_THAT(links(make_hypothesis(), 3), ElementsAre(Pair(1, 0), Pair(0, 1), Pair(2, 2)));
}

TEST(Links, NeverPointToEndOrPadding) {
  EXPECT_THAT(links(make_hypothesis(), 2), ElementsAre(Pair(1, 0), Pair(0, 1)));
  EXPECT_THAT(links(make_hypothesis(), 0), IsEmpty());
}

TEST(Links, NeedAWeightOfTheThreshold) {
  EXPECT_THAT(links(make_hypothesis(), 3, 0.5), ElementsAre(Pair(1, 0), Pair(2, 2)));
  EXPECT_THAT(links(make_hypothesis(), 3, 0.7), ElementsAre(Pair(1, 0))) << "0.7 itself counts";
  EXPECT_THAT(links(make_hypothesis(), 3, 1.0), IsEmpty());
}

TEST(Links, RowWithoutWeightMakesNone) {
  Hypothesis hypothesis = make_hypothesis();
  for (std::size_t j = 0; j < 3; ++j) {
    hypothesis.alignment[j] = 0;
    hypothesis.alignment[3 + j] = std::numeric_limits<float>::quiet_NaN();
  }
  EXPECT_THAT(links(hypothesis, 3), ElementsAre(Pair(2, 2)));
}

TEST(Links, EmptyTargetHasNone) {
  Hypothesis hypothesis;
  hypothesis.source_length = 3;
  EXPECT_THAT(links(hypothesis, 3), IsEmpty());
}

TEST(Links, ThresholdOutOfRangeIsAUsageError) {
  for (const double bad : {-0.1, 1.1, std::numeric_limits<double>::quiet_NaN()}) {
    EXPECT_THROW(links(make_hypothesis(), 3, bad), UsageError);
  }
}

}  // namespace
}  // namespace attend::search
