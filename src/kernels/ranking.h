// The largest values of a row and their log-probabilities.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace attend::kernels {

struct Ranked {
  std::int32_t index = -1;
  float value = 0.0F;
};

/// Writes the best.size() largest values of `row` to `best`, largest first; of equal values the
/// lower index comes first. NaN and −infinity are left out; unused entries hold the index −1. The
/// row itself is not sorted, so this is fast for few best values.
void rank(std::span<const float> row, std::span<Ranked> best);

/// Ranks like rank(), with log-probabilities as values: x_j − m − ln Σ_k exp(x_k − m), m = max x.
/// No entry is filled when an x_k is +infinity.
void rank_log_softmax(std::span<const float> row, std::span<Ranked> best);

}  // namespace attend::kernels
