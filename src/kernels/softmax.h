// Probabilities from energies and logits.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

namespace attend::kernels {

/// x_j ← exp(x_j − max x) / Σ_k exp(x_k − max x), in place. −∞ becomes 0; a row of nothing but −∞
/// becomes zeros (§1.2). Absolute error below 1e-6.
void softmax(std::span<float> row);
/// Writes the softmax of `energies` to `row`, which has equally many values.
void softmax(std::span<const float> energies, std::span<float> row);

/// Returns log(exp x + exp y). −∞ is the logarithm of 0.
inline float log_add_exp(float x, float y) {
  const float larger = std::max(x, y);
  if (larger == -std::numeric_limits<float>::infinity()) return larger;
  return larger + std::log1p(std::exp(-std::abs(x - y)));
}

/// x_j ← x_j − max x − ln Σ_k exp(x_k − max x), in place; an empty row stays empty.
void log_softmax(std::span<float> row);

}  // namespace attend::kernels
