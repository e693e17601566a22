// The largest values of a row, and its softmax as far as they need it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace attend::kernels {

struct Ranked {
  std::int32_t index = -1;
  float value = 0.0F;
};

/// The best.size() largest values of `row`, largest first, of equal ones the lower index first. NaN
/// and −infinity are left out; places without a value hold the index −1. Nothing is sorted but
/// `best`.
void rank(std::span<const float> row, std::span<Ranked> best);

/// rank() with log-probabilities: x_j − m − ln Σ_k exp(x_k − m), m = max x, where rank() gives x_j.
/// Nothing when an x_k is +infinity.
void rank_log_softmax(std::span<const float> row, std::span<Ranked> best);

}  // namespace attend::kernels
