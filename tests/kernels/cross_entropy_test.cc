#include "kernels/cross_entropy.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "reference.h"

namespace attend::kernels {
namespace {

// Computes the cost and gradient of one row in double.
double row_in_double(std::span<const float> row, std::size_t target,
                     const CrossEntropyOptions& options, std::vector<double>& gradient,
                     double& log_likelihood) {
  double sum = 0, cost = 0;
  for (const float x : row) sum += std::exp(static_cast<double>(x));
  const auto size = static_cast<double>(row.size());
  gradient.clear();
  for (std::size_t k = 0; k < row.size(); ++k) {
    const double p = std::exp(static_cast<double>(row[k])) / sum;
    const double wanted = (k == target ? 1.0 - options.smoothing : 0.0) + options.smoothing / size;
    cost -= wanted * std::log(p);
    gradient.push_back(options.scale * (p - wanted));
    if (k == target) log_likelihood += std::log(p);
  }
  return cost;
}

TEST(CrossEntropy, EqualsItsDefinitionInDouble) {
  Random random(5);
  for (const double smoothing : {0.0, 0.1}) {
    for (const std::size_t vocabulary : reference::kSizes) {
      if (vocabulary == 0) continue;
      constexpr std::size_t kRows = 3;
      const CrossEntropyOptions options{smoothing, 0.37};
      const std::size_t stride = vocabulary + 2;
      std::vector<float> logits = reference::random_values(random, kRows * stride, 4.0);
      const std::vector<float> before = logits;
      std::vector<std::int64_t> targets;
      for (std::size_t r = 0; r < kRows; ++r) {
        targets.push_back(static_cast<std::int64_t>(random.below(vocabulary)));
      }
      const CrossEntropySums sums =
          cross_entropy({logits.data(), stride}, kRows, vocabulary, targets.data(), options);
      double cost = 0, log_likelihood = 0;
      std::vector<double> gradient;
      for (std::size_t r = 0; r < kRows; ++r) {
        cost +=
            row_in_double({before.data() + r * stride, vocabulary},
                          static_cast<std::size_t>(targets[r]), options, gradient, log_likelihood);
        for (std::size_t k = 0; k < vocabulary; ++k) {
          ASSERT_NEAR(logits[r * stride + k], gradient[k], 3e-7) << vocabulary << " " << k;
        }
        for (std::size_t k = vocabulary; k < stride; ++k) {
          EXPECT_EQ(logits[r * stride + k], before[r * stride + k]);
        }
      }
      EXPECT_NEAR(sums.cost, cost, 2e-5);
      EXPECT_NEAR(sums.log_likelihood, log_likelihood, 2e-5);
    }
  }
}

TEST(CrossEntropy, LargeLogitsDoNotOverflow) {
  std::vector<float> logits = {3e4F, -3e4F, 3e4F};
  const std::int64_t target = 2;
  const CrossEntropySums sums = cross_entropy({logits.data(), 3}, 1, 3, &target, {});
  EXPECT_NEAR(sums.log_likelihood, -std::log(2.0), 1e-6);
  EXPECT_EQ(logits, (std::vector<float>{0.5F, 0.0F, -0.5F}));
}

TEST(CrossEntropy, HandsNaNOn) {
  std::vector<float> logits(20, std::numeric_limits<float>::quiet_NaN());
  const std::int64_t target = 3;
  EXPECT_TRUE(std::isnan(cross_entropy({logits.data(), 20}, 1, 20, &target, {}).cost));
}

}  // namespace
}  // namespace attend::kernels
