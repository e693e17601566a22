// Group norm (Wu and He, 2018) of pictures, with what follows it in a convolutional encoder.
#pragma once

#include <cstddef>
#include <span>

namespace attend::kernels {

inline constexpr float kGroupNormEpsilon = 1e-5F;

/// x ← max(0, gain · (x − mean) / sqrt(variance + epsilon) + bias + residual) for one picture
/// `values` [positions, channels]. Each of `groups` groups of neighbouring channels has its mean
/// and variance over all positions and its channels together; the variance is divided by the
/// number of these values. `groups` divides the channels. `gain` and `bias` are [channels];
/// `residual` [positions, channels] may be empty, which means 0, and may not overlap `values`.
void group_norm_relu(std::span<float> values, std::size_t positions, std::size_t groups,
                     std::span<const float> gain, std::span<const float> bias,
                     std::span<const float> residual = {});

}  // namespace attend::kernels
