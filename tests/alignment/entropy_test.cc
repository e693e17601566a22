#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "alignment/alignment.h"
#include "base/base.h"

namespace attend::alignment {
namespace {

TEST(MeanEntropy, IsZeroOnOnePositionAndLnNOnNEqualOnes) {
  MeanEntropy one, four;
  one.add(std::vector<float>{0, 1, 0, 0}, 4);
  EXPECT_EQ(one.value(), 0);
  four.add(std::vector<float>{0.25F, 0.25F, 0.25F, 0.25F}, 4);
  EXPECT_NEAR(four.value(), std::log(4), 1e-12);
}

TEST(MeanEntropy, OfARowThatSumsToLessIsThatOfItsShares) {
  MeanEntropy whole, part;
  whole.add(std::vector<float>{0.5F, 0.25F, 0.25F}, 3);
  part.add(std::vector<float>{0.125F, 0.0625F, 0.0625F}, 3);
  EXPECT_NEAR(whole.value(), 1.5 * std::log(2), 1e-12);
  EXPECT_NEAR(part.value(), whole.value(), 1e-12);
}

TEST(MeanEntropy, AveragesRowsThatHaveWeight) {
  MeanEntropy mean;
  EXPECT_EQ(mean.value(), 0);
  mean.add({}, 0);
  const float nan = std::numeric_limits<float>::quiet_NaN();
  mean.add(std::vector<float>{1, 0, 0.5F, 0.5F, 0, 0, nan, 0}, 2);
  EXPECT_NEAR(mean.value(), std::log(2) / 2, 1e-12);
  MeanEntropy other;
  other.add(std::vector<float>{1, 0}, 2);
  mean.add(other);
  EXPECT_NEAR(mean.value(), std::log(2) / 3, 1e-12);
  EXPECT_THROW(mean.add(std::vector<float>{1, 0, 0}, 2), CheckFailure);
}

}  // namespace
}  // namespace attend::alignment
