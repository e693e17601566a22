// Layer normalisation of pre-activations.
#pragma once

#include <cstddef>
#include <span>

namespace attend::kernels {

inline constexpr float kLayerNormEpsilon = 1e-5F;

/// Normalises in place. Each row of `values` [rows, gain.size()] consists of blocks of `units`
/// values (one for each gate), and each block is normalised by itself: x ← gain · (x − mean) /
/// sqrt(variance + epsilon) + bias, with the variance divided by `units`. `gain` and `bias` cover
/// all blocks; an empty bias means 0.
void layer_norm(std::span<float> values, std::size_t rows, std::size_t units,
                std::span<const float> gain, std::span<const float> bias);

}  // namespace attend::kernels
