#include "kernels/activations.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>

#include "reference.h"

namespace attend::kernels {
namespace {

void expect_near_everywhere(const std::function<void(std::span<float>)>& kernel,
                            const std::function<double(double)>& exact) {
  Random random(1);
  for (const std::size_t size : reference::kSizes) {
    std::vector<float> values = reference::random_values(random, size, 4.0);
    const std::vector<float> before = values;
    kernel(values);
    for (std::size_t i = 0; i < size; ++i) EXPECT_NEAR(values[i], exact(before[i]), 3e-7);
  }
  std::vector<float> grid;
  for (double x = -120.0; x <= 120.0; x += 0.00137) grid.push_back(static_cast<float>(x));
  const std::vector<float> before = grid;
  kernel(grid);
  double worst = 0.0;
  for (std::size_t i = 0; i < grid.size(); ++i) {
    worst = std::max(worst, std::abs(grid[i] - exact(before[i])));
  }
  EXPECT_LT(worst, 3e-7);
}

TEST(Activations, TanhEqualsTheLibraryInDouble) {
  expect_near_everywhere([](auto values) { tanh(values); }, [](double x) { return std::tanh(x); });
}

TEST(Activations, LogisticEqualsItsDefinitionInDouble) {
  expect_near_everywhere([](auto values) { logistic(values); }, reference::logistic);
}

TEST(Activations, HardLogisticEqualsItsDefinitionInDouble) {
  expect_near_everywhere([](auto values) { hard_logistic(values); }, reference::hard_logistic);
}

TEST(Activations, InfinitiesSaturate) {
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> values = {infinity, -infinity, 1e30F, -1e30F};
  tanh(values);
  EXPECT_EQ(values, (std::vector<float>{1, -1, 1, -1}));
  values = {infinity, -infinity, 1e30F, -1e30F};
  logistic(values);
  EXPECT_FLOAT_EQ(values[0], 1);
  EXPECT_NEAR(values[1], 0, 1e-37);
  EXPECT_FLOAT_EQ(values[2], 1);
  EXPECT_NEAR(values[3], 0, 1e-37);
}

TEST(Activations, HandNotANumberOn) {
  std::vector<float> values(19, std::numeric_limits<float>::quiet_NaN());
  const auto all_nan = [&] {
    return std::all_of(values.begin(), values.end(), [](float x) { return std::isnan(x); });
  };
  tanh(values);
  EXPECT_TRUE(all_nan());
  logistic(values);
  EXPECT_TRUE(all_nan());
}

TEST(Activations, TanhIsOdd) {
  Random random(2);
  std::vector<float> values = reference::random_values(random, 33);
  std::vector<float> negative = values;
  for (float& value : negative) value = -value;
  tanh(values);
  tanh(negative);
  for (std::size_t i = 0; i < values.size(); ++i) EXPECT_EQ(values[i], -negative[i]);
}

TEST(Activations, MaxoutTakesTheLargerOfNeighbours) {
  const std::vector<float> values = {1, 2, -3, -4, 5, 5};
  std::vector<float> maxima(3);
  maxout(values, maxima);
  EXPECT_EQ(maxima, (std::vector<float>{2, -3, 5}));
  EXPECT_THROW(maxout(values, std::span<float>(maxima).first(2)), CheckFailure);
}

TEST(Activations, MaxoutGivesItsGradientToTheLargerValue) {
  const std::vector<float> values{1, 2, 5, -3, 4, 4}, d_maxima{7, 8, 6};
  std::vector<float> d_values(6, 9.0F);
  maxout_backward(values, d_maxima, d_values);
  EXPECT_EQ(d_values, (std::vector<float>{0, 7, 8, 0, 3, 3}));
  EXPECT_THROW(maxout_backward(values, std::span(d_maxima).first(2), d_values), CheckFailure);
}

TEST(Activations, AddEqualsOneSumAtATime) {
  Random random(8);
  for (const std::size_t size : reference::kSizes) {
    const auto a = reference::random_values(random, size),
               b = reference::random_values(random, size);
    auto sum = a;
    add(b, sum);
    for (std::size_t i = 0; i < size; ++i) EXPECT_EQ(sum[i], a[i] + b[i]);
  }
  std::vector<float> two(2);
  EXPECT_THROW(add(std::vector<float>(3), two), CheckFailure);
}

}  // namespace
}  // namespace attend::kernels
