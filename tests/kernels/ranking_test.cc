#include "kernels/ranking.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "kernels/softmax.h"
#include "reference.h"

namespace attend::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNotANumber = std::numeric_limits<float>::quiet_NaN();

// Returns the indices of the row's numbers, largest value first; of equal values the lower index
// comes first.
std::vector<std::int32_t> sorted(std::span<const float> row) {
  std::vector<std::int32_t> order;
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (row[i] > -kInfinity) order.push_back(static_cast<std::int32_t>(i));
  }
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return row[static_cast<std::size_t>(a)] > row[static_cast<std::size_t>(b)];
  });
  return order;
}

TEST(Ranking, FindsWhatSortingFinds) {
  Random random(31);
  for (const std::size_t size : {1, 3, 16, 63, 64, 65, 200, 1000, 8000}) {
    for (const std::size_t count : {1, 2, 5, 12, 70}) {
      for (const double steps : {0.0, 4.0}) {  // 4: few distinct values, most tie
        std::vector<float> row = reference::random_values(random, size);
        for (float& value : row) {
          if (steps > 0) value = static_cast<float>(std::round(steps * value) / steps);
        }
        std::vector<Ranked> best(count, Ranked{77, 7.0F});
        rank(row, best);
        const std::vector<std::int32_t> expected = sorted(row);
        for (std::size_t k = 0; k < count; ++k) {
          if (k >= expected.size()) {
            ASSERT_EQ(best[k].index, -1);
            continue;
          }
          ASSERT_EQ(best[k].index, expected[k]) << size << ", place " << k;
          ASSERT_EQ(best[k].value, row[static_cast<std::size_t>(expected[k])]);
        }
      }
    }
  }
}

TEST(Ranking, LogProbabilitiesAreThoseOfTheWholeRow) {
  Random random(32);
  for (const std::size_t size : {1, 7, 31, 100, 8000}) {
    for (const double scale : {0.1, 3.0, 40.0}) {
      const std::vector<float> row = reference::random_values(random, size, scale);
      std::vector<float> whole = row;
      log_softmax(whole);
      std::vector<Ranked> best(5);
      rank_log_softmax(row, best);
      const std::vector<std::int32_t> expected = sorted(row);
      for (std::size_t k = 0; k < std::min<std::size_t>(5, size); ++k) {
        ASSERT_EQ(best[k].index, expected[k]);
        ASSERT_NEAR(best[k].value, whole[static_cast<std::size_t>(expected[k])],
                    2e-6 * (1 + scale));
      }
    }
  }
}

TEST(Ranking, NothingRanksThatIsNoNumberOrImpossible) {
  const std::vector<float> row = {kNotANumber, 1.0F, -kInfinity, 2.0F, kNotANumber};
  std::vector<Ranked> best(4);
  rank_log_softmax(row, best);
  EXPECT_EQ(best[0].index, 3);
  EXPECT_EQ(best[1].index, 1);
  EXPECT_NEAR(best[0].value, -std::log1p(std::exp(-1.0)), 1e-6);
  EXPECT_EQ(best[2].index, -1);
  EXPECT_EQ(best[3].index, -1);
  for (const float all : {kNotANumber, -kInfinity, kInfinity}) {
    rank_log_softmax(std::vector<float>(70, all), best);
    EXPECT_EQ(best[0].index, -1) << all;
  }
}

}  // namespace
}  // namespace attend::kernels
