// Tests gathering, copying and summing rows of tables against loops.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "kernels/kernels.h"
#include "reference.h"

namespace attend::kernels {
namespace {

using Values = std::vector<float>;

TEST(Gather, CopiesRowsAndClearsThoseWithoutAnId) {
  Random random(33);
  for (const std::size_t units : reference::kSizes) {
    const std::vector<std::int64_t> ids{2, -1, 0, 2};
    const std::size_t stride = units + 2;
    const Values table = reference::random_values(random, 3 * units);
    Values rows(ids.size() * stride, 5.0F);
    gather(ids, {table.data(), units}, units, {rows.data(), stride});
    for (std::size_t r = 0; r < ids.size(); ++r) {
      for (std::size_t k = 0; k < units; ++k) {
        const float expected = ids[r] < 0 ? 0 : table[static_cast<std::size_t>(ids[r]) * units + k];
        EXPECT_EQ(rows[r * stride + k], expected);
      }
      EXPECT_EQ(rows[r * stride + units], 5);
    }
  }
}

TEST(ScatterAdd, LeavesRowsWithoutAnIdOut) {
  const Values rows{1, 2, 4, 8};
  Values table(4, 1.0F);
  scatter_add(std::vector<std::int64_t>{-1, 1}, {rows.data(), 2}, 2, {table.data(), 2});
  EXPECT_EQ(table, (Values{1, 1, 5, 9}));
}

TEST(CopyRows, GoToTheirRowsOfATable) {
  Random random(23);
  for (const std::size_t units : {1, 16, 37}) {
    const std::vector<std::int32_t> ids = {3, 0, 4};
    const std::size_t width = units + 5;  // of the table
    const auto rows = reference::random_values(random, ids.size() * units);
    std::vector<float> table(5 * width, 9.0F), expected = table;
    for (std::size_t r = 0; r < ids.size(); ++r) {
      for (std::size_t k = 0; k < units; ++k) {
        expected[static_cast<std::size_t>(ids[r]) * width + 2 + k] = rows[r * units + k];
      }
    }
    copy_rows(rows, units, ids, {table.data() + 2, width});
    EXPECT_EQ(table, expected);
  }
}

TEST(ScatterAdd, SumsRowsOfTheSameId) {
  Random random(34);
  for (const std::size_t units : reference::kSizes) {
    const std::vector<std::int64_t> ids{2, 0, 2, 3, 2};
    const Values rows = reference::random_values(random, ids.size() * units);
    Values table(4 * units, 1.0F);
    scatter_add(ids, {rows.data(), units}, units, {table.data(), units});
    for (std::size_t k = 0; k < units; ++k) {
      EXPECT_EQ(table[k], 1 + rows[units + k]);
      EXPECT_EQ(table[units + k], 1);
      EXPECT_EQ(table[2 * units + k], 1 + rows[k] + rows[2 * units + k] + rows[4 * units + k]);
      EXPECT_EQ(table[3 * units + k], 1 + rows[3 * units + k]);
    }
  }
}

TEST(ScatterSums, ReplaceWhatWasThere) {
  Random random(35);
  for (const std::size_t units : reference::kSizes) {
    const std::vector<std::int64_t> ids{2, -1, 0, 2, 2};
    const std::size_t stride = units + 1;
    const Values rows = reference::random_values(random, ids.size() * stride);
    Values sums(4 * stride, std::numeric_limits<float>::quiet_NaN());
    scatter_sums(ids, {rows.data(), stride}, units, 4, {sums.data(), stride});
    for (std::size_t k = 0; k < units; ++k) {
      EXPECT_EQ(sums[k], rows[2 * stride + k]);
      EXPECT_EQ(sums[2 * stride + k], rows[k] + rows[3 * stride + k] + rows[4 * stride + k]);
      for (const std::size_t other : {1, 3}) EXPECT_EQ(sums[other * stride + k], 0);
    }
    EXPECT_TRUE(std::isnan(sums[units]));
  }
}

TEST(AddColumnSums, AddsEveryRow) {
  Random random(36);
  for (const std::size_t units : reference::kSizes) {
    for (const std::size_t count : {0, 1, 7, 8, 19}) {
      const std::size_t stride = units + 3;
      const Values rows = reference::random_values(random, (count + 1) * stride);
      Values sums(units, 2.0F);
      add_column_sums({rows.data(), stride}, count, units, sums.data());
      for (std::size_t k = 0; k < units; ++k) {
        double expected = 2;
        for (std::size_t r = 0; r < count; ++r) expected += rows[r * stride + k];
        EXPECT_NEAR(sums[k], expected, 1e-5);
      }
    }
  }
}

}  // namespace
}  // namespace attend::kernels
