// Helpers of the kernel tests: random arrays and slow, plain versions in double.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "base/base.h"

namespace attend::kernels::reference {

inline std::vector<float> random_values(Random& random, std::size_t size, double scale = 1.0) {
  std::vector<float> values(size);
  for (float& value : values) value = static_cast<float>(scale * random.normal());
  return values;
}

inline double logistic(double x) { return 1.0 / (1.0 + std::exp(-x)); }
inline double hard_logistic(double x) { return std::min(std::max(0.2 * x + 0.5, 0.0), 1.0); }

// Computes y = x Wᵀ + b; the bias may be empty.
inline std::vector<double> multiply(std::span<const float> x, std::size_t rows,
                                    std::span<const float> weights, std::size_t outputs,
                                    std::size_t inputs, std::span<const float> bias) {
  std::vector<double> y(rows * outputs);
  for (std::size_t r = 0; r < rows; ++r) {
    for (std::size_t o = 0; o < outputs; ++o) {
      double sum = bias.empty() ? 0.0 : bias[o];
      for (std::size_t k = 0; k < inputs; ++k) {
        sum += static_cast<double>(x[r * inputs + k]) * weights[o * inputs + k];
      }
      y[r * outputs + o] = sum;
    }
  }
  return y;
}

// Sizes around the lanes of every instruction set, and 0.
inline constexpr std::size_t kSizes[] = {0,  1,  2,  3,  4,  5,  7,  8,  9,  15,
                                         16, 17, 31, 32, 33, 63, 64, 65, 100};

}  // namespace attend::kernels::reference
