// Helpers of the kernel tests: random arrays and slow, plain versions in double.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
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

// Replaces values after the end of a source by NaN, so that a test fails where a kernel reads them.
// `gradients` are those of alignments, [steps, batch, source_length].
inline std::vector<float> poison_padding(std::vector<float> gradients,
                                         std::span<const std::int32_t> lengths,
                                         std::size_t source_length) {
  for (std::size_t k = 0; k < gradients.size(); ++k) {
    const std::int32_t length = lengths[k / source_length % lengths.size()];
    if (k % source_length >= static_cast<std::size_t>(length)) {
      gradients[k] = std::numeric_limits<float>::quiet_NaN();
    }
  }
  return gradients;
}

// Sizes around the lanes of every instruction set, and 0.
inline constexpr std::size_t kSizes[] = {0,  1,  2,  3,  4,  5,  7,  8,  9,  15,
                                         16, 17, 31, 32, 33, 63, 64, 65, 100};

}  // namespace attend::kernels::reference
