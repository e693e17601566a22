#include "kernels/softmax.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <numeric>

#include "reference.h"

namespace attend::kernels {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<double> log_softmax_in_double(std::span<const float> row) {
  const double highest = *std::max_element(row.begin(), row.end());
  double sum = 0.0;
  for (const float x : row) sum += std::exp(x - highest);
  std::vector<double> result;
  for (const float x : row) result.push_back(x - highest - std::log(sum));
  return result;
}

TEST(Softmax, EqualsItsDefinitionInDouble) {
  Random random(3);
  for (const double scale : {0.1, 1.0, 30.0}) {
    for (const std::size_t size : reference::kSizes) {
      if (size == 0) continue;
      std::vector<float> row = reference::random_values(random, size, scale);
      const std::vector<double> expected = log_softmax_in_double(row);
      softmax(row);
      for (std::size_t i = 0; i < size; ++i) EXPECT_NEAR(row[i], std::exp(expected[i]), 5e-7);
      EXPECT_NEAR(std::accumulate(row.begin(), row.end(), 0.0), 1.0, 1e-6);
    }
  }
}

TEST(Softmax, OfOneRowIntoAnother) {
  Random random(4);
  for (const std::size_t size : reference::kSizes) {
    const std::vector<float> energies = reference::random_values(random, size, 3.0);
    std::vector<float> row(size, 9.0F), expected = energies;
    softmax(energies, row);
    softmax(expected);
    EXPECT_EQ(row, expected);
  }
  std::vector<float> two(2);
  EXPECT_THROW(softmax(std::vector<float>(3), two), CheckFailure);
}

TEST(Softmax, LargeEnergiesDoNotOverflow) {
  std::vector<float> row = {1e30F, 1e30F, -1e30F};
  softmax(row);
  EXPECT_EQ(row, (std::vector<float>{0.5F, 0.5F, 0.0F}));
}

TEST(Softmax, MaskedEnergiesGetZero) {
  std::vector<float> row(20, -kInfinity);
  row[3] = 2.0F;
  row[19] = 2.0F;
  softmax(row);
  for (std::size_t i = 0; i < row.size(); ++i) EXPECT_EQ(row[i], i == 3 || i == 19 ? 0.5F : 0.0F);
}

TEST(Softmax, FullyMaskedRowIsZero) {
  for (const std::size_t size : reference::kSizes) {
    std::vector<float> row(size, -kInfinity);
    softmax(row);
    for (const float value : row) EXPECT_EQ(value, 0.0F);
  }
}

TEST(LogAddExp, EqualsItsDefinitionInDouble) {
  for (const float x : {-90.0F, -3.0F, 0.0F, 0.5F, 88.0F}) {
    for (const float y : {-89.0F, -3.0F, 0.25F, 87.0F}) {
      const double larger = std::max(x, y), smaller = std::min(x, y);
      const double expected = larger + std::log1p(std::exp(smaller - larger));
      EXPECT_NEAR(log_add_exp(x, y), expected, 1e-6 * std::max(1.0, std::abs(expected)));
    }
  }
  EXPECT_EQ(log_add_exp(1e30F, -1e30F), 1e30F);
}

TEST(LogAddExp, AddsNothingForMinusInfinity) {
  EXPECT_EQ(log_add_exp(-kInfinity, -7.5F), -7.5F);
  EXPECT_EQ(log_add_exp(7.5F, -kInfinity), 7.5F);
  EXPECT_EQ(log_add_exp(-kInfinity, -kInfinity), -kInfinity);
}

TEST(LogSoftmax, EqualsItsDefinitionInDouble) {
  Random random(4);
  for (const double scale : {0.1, 1.0, 20.0}) {
    for (const std::size_t size : reference::kSizes) {
      std::vector<float> row = reference::random_values(random, size, scale);
      const std::vector<double> expected =
          size == 0 ? std::vector<double>() : log_softmax_in_double(row);
      log_softmax(row);
      for (std::size_t i = 0; i < size; ++i) {
        EXPECT_NEAR(row[i], expected[i], 1e-6 * std::max(1.0, std::abs(expected[i])));
      }
    }
  }
}

TEST(LogSoftmax, OfAThirtyThousandWordVocabularySumsToOne) {
  Random random(5);
  std::vector<float> row = reference::random_values(random, 30000, 3.0);
  const std::vector<double> expected = log_softmax_in_double(row);
  log_softmax(row);
  double sum = 0.0;
  for (std::size_t i = 0; i < row.size(); ++i) {
    sum += std::exp(static_cast<double>(row[i]));
    EXPECT_NEAR(row[i], expected[i], 1e-6 * std::max(1.0, std::abs(expected[i])));
  }
  EXPECT_NEAR(sum, 1.0, 2e-6);
}

}  // namespace
}  // namespace attend::kernels
