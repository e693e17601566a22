#include "kernels/group_norm.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "reference.h"

namespace attend::kernels {
namespace {

struct Shape {
  std::size_t positions = 1, channels = 1, groups = 1;
};

// The definition in double, with two passes over each group. `residual` may be empty.
std::vector<double> normalise(const Shape& shape, std::span<const float> x,
                              std::span<const float> gain, std::span<const float> bias,
                              std::span<const float> residual) {
  const std::size_t size = shape.channels / shape.groups;
  const auto count = static_cast<double>(size * shape.positions);
  std::vector<double> means(shape.groups), variances(shape.groups), y(x.size());
  const auto group_of = [&](std::size_t i) { return i % shape.channels / size; };
  for (std::size_t i = 0; i < x.size(); ++i) means[group_of(i)] += x[i] / count;
  for (std::size_t i = 0; i < x.size(); ++i) {
    variances[group_of(i)] += std::pow(x[i] - means[group_of(i)], 2) / count;
  }
  for (std::size_t i = 0; i < x.size(); ++i) {
    const std::size_t c = i % shape.channels, g = group_of(i);
    const double normal = (x[i] - means[g]) / std::sqrt(variances[g] + 1e-5);
    y[i] = std::max(0.0, gain[c] * normal + bias[c] + (residual.empty() ? 0.0 : residual[i]));
  }
  return y;
}

void expect_norm(Random& random, const Shape& shape, float shift, bool with_residual) {
  auto x = reference::random_values(random, shape.positions * shape.channels, 2.0);
  for (float& value : x) value += shift;
  const auto gain = reference::random_values(random, shape.channels);
  const auto bias = reference::random_values(random, shape.channels);
  const auto residual = reference::random_values(random, with_residual ? x.size() : 0);
  const auto expected = normalise(shape, x, gain, bias, residual);
  group_norm_relu(x, shape.positions, shape.groups, gain, bias, residual);
  const double tolerance = 3e-6 * (1.0 + std::abs(shift));
  for (std::size_t i = 0; i < x.size(); ++i) {
    ASSERT_NEAR(x[i], expected[i], tolerance * std::max(1.0, expected[i]))
        << shape.positions << " positions, " << shape.channels << " channels, " << shape.groups
        << " groups, value " << i;
  }
}

TEST(GroupNorm, EqualsTheEquation) {
  Random random(7);
  for (const std::size_t positions : {1, 2, 9, 64, 65, 200}) {
    for (const std::size_t channels : {1, 2, 6, 8, 16, 17, 32, 50, 96}) {
      for (std::size_t groups = 1; groups <= channels; ++groups) {
        if (channels % groups != 0) continue;
        expect_norm(random, {positions, channels, groups}, 0.0F, groups % 2 == 0);
      }
    }
  }
}

TEST(GroupNorm, MeansFarFromZero) {
  Random random(8);
  for (const float shift : {-30.0F, 30.0F}) {
    expect_norm(random, {4096, 32, 8}, shift, false);
    expect_norm(random, {300, 12, 3}, shift, true);
  }
}

TEST(GroupNorm, GroupsDoNotSeeEachOther) {
  Random random(9);
  constexpr std::size_t kPositions = 10, kChannels = 24;
  const auto one = reference::random_values(random, kPositions * kChannels);
  const auto gain = reference::random_values(random, kChannels);
  const auto bias = reference::random_values(random, kChannels);
  auto first = one, second = one;
  for (std::size_t p = 0; p < kPositions; ++p) second[p * kChannels] = std::nanf("");
  group_norm_relu(first, kPositions, 4, gain, bias);
  group_norm_relu(second, kPositions, 4, gain, bias);
  for (std::size_t i = 0; i < one.size(); ++i) {
    if (i % kChannels < 6) {
      EXPECT_TRUE(std::isnan(second[i])) << i;  // the maximum with 0 keeps it
    } else {
      EXPECT_EQ(second[i], first[i]) << i;
    }
  }
}

TEST(GroupNorm, ConstantPictureBecomesTheBiasAndTheResidual) {
  std::vector<float> x(6, 7.0F);
  const std::vector<float> gain = {3, 3, 3}, bias = {1, -2, 3}, residual = {0, 1, 2, 3, 4, 5};
  group_norm_relu(x, 2, 1, gain, bias, residual);
  EXPECT_EQ(x, (std::vector<float>{1, 0, 5, 4, 2, 8}));
}

TEST(GroupNorm, SizesMustFit) {
  std::vector<float> x(12);
  const std::vector<float> six(6), five(5);
  group_norm_relu(x, 2, 3, six, six);
  EXPECT_THROW(group_norm_relu(x, 3, 3, six, six), CheckFailure);
  EXPECT_THROW(group_norm_relu(x, 2, 4, six, six), CheckFailure);
  EXPECT_THROW(group_norm_relu(x, 2, 0, six, six), CheckFailure);
  EXPECT_THROW(group_norm_relu(x, 2, 3, six, five), CheckFailure);
  EXPECT_THROW(group_norm_relu(x, 2, 3, six, six, six), CheckFailure);
  group_norm_relu({}, 0, 3, six, six);
}

}  // namespace
}  // namespace attend::kernels
