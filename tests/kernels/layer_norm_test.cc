#include "kernels/layer_norm.h"

#include <gtest/gtest.h>

#include "reference.h"

namespace attend::kernels {
namespace {

// Normalises one block of `units` values in double.
std::vector<double> normalise(const float* x, std::size_t units, const float* gain,
                              const float* bias) {
  double mean = 0.0, variance = 0.0;
  for (std::size_t i = 0; i < units; ++i) mean += x[i] / static_cast<double>(units);
  for (std::size_t i = 0; i < units; ++i) {
    variance += (x[i] - mean) * (x[i] - mean) / static_cast<double>(units);
  }
  std::vector<double> y;
  for (std::size_t i = 0; i < units; ++i) {
    y.push_back(gain[i] * (x[i] - mean) / std::sqrt(variance + 1e-5) +
                (bias == nullptr ? 0.0 : bias[i]));
  }
  return y;
}

TEST(LayerNorm, EveryBlockByItself) {
  Random random(6);
  for (const std::size_t units : reference::kSizes) {
    if (units == 0) continue;
    for (const std::size_t blocks : {1, 3}) {
      for (const bool with_bias : {false, true}) {
        const std::size_t width = blocks * units;
        constexpr std::size_t kRows = 3;
        std::vector<float> x = reference::random_values(random, kRows * width, 2.0);
        const std::vector<float> gain = reference::random_values(random, width);
        const std::vector<float> bias = reference::random_values(random, with_bias ? width : 0);
        const std::vector<float> before = x;
        layer_norm(x, kRows, units, gain, bias);
        for (std::size_t start = 0; start < x.size(); start += units) {
          const std::size_t block = start % width;
          const std::vector<double> expected =
              normalise(before.data() + start, units, gain.data() + block,
                        with_bias ? bias.data() + block : nullptr);
          for (std::size_t i = 0; i < units; ++i) {
            EXPECT_NEAR(x[start + i], expected[i], 2e-6 * std::max(1.0, std::abs(expected[i])));
          }
        }
      }
    }
  }
}

TEST(LayerNorm, ConstantBlockBecomesTheBias) {
  std::vector<float> x(5, 7.0F);
  const std::vector<float> gain(5, 3.0F), bias = {1, 2, 3, 4, 5};
  layer_norm(x, 1, 5, gain, bias);
  EXPECT_EQ(x, bias);
}

TEST(LayerNorm, SizesMustFit) {
  std::vector<float> x(6);
  const std::vector<float> gain(3), bias(2);
  EXPECT_THROW(layer_norm(x, 1, 3, gain, {}), CheckFailure);
  EXPECT_THROW(layer_norm(x, 2, 2, gain, {}), CheckFailure);
  EXPECT_THROW(layer_norm(x, 2, 3, gain, bias), CheckFailure);
}

}  // namespace
}  // namespace attend::kernels
