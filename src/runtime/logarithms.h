// Sums of probabilities by their logarithms.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>

namespace attend::runtime {

inline constexpr float kImpossible = -std::numeric_limits<float>::infinity();  // log 0

/// Returns log(exp(x) + exp(y)).
inline float add_logarithms(float x, float y) {
  const float high = std::max(x, y), low = std::min(x, y);
  return low == kImpossible ? high : high + std::log1p(std::exp(low - high));
}

/// Returns log σ(x).
inline float log_sigmoid(float x) { return std::min(x, 0.0F) - std::log1p(std::exp(-std::abs(x))); }

}  // namespace attend::runtime
