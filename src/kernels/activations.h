// Elementwise functions of whole arrays.
#pragma once

#include <cstddef>
#include <span>

namespace attend::kernels {

/// x ← tanh x; absolute error below 3e-7.
void tanh(std::span<float> values);

/// x ← 1 / (1 + exp(−x)); absolute error below 3e-7.
void logistic(std::span<float> values);

/// x ← clip(0.2 x + 0.5, 0, 1) (§5.1).
void hard_logistic(std::span<float> values);

/// x ← x + `more`; both hold equally many values.
void add(std::span<const float> more, std::span<float> values);

/// maxima[k] = max(values[2k], values[2k + 1]) (§4.1). `values` holds twice as many values as
/// `maxima`.
void maxout(std::span<const float> values, std::span<float> maxima);

/// d_values ← the gradient of `values`, given the gradient of maxout's maxima. The larger value of
/// a pair receives all of it; two equal values receive half each.
void maxout_backward(std::span<const float> values, std::span<const float> d_maxima,
                     std::span<float> d_values);

}  // namespace attend::kernels
