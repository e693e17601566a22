// Layer normalisation for training, forward and backward, with the equation of layer_norm.h. Each
// row consists of blocks of `units` values (one for each gate), each normalised by itself.
//
// Rows of all arguments may have strides (rows.h) and must not overlap others.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/rows.h"

namespace attend::kernels {

struct NormSizes {
  std::size_t rows = 0;
  std::size_t blocks = 0;  ///< at least 1
  std::size_t units = 0;   ///< values of a block, at least 1
};

/// x ← x̂ = (x − mean) · scale, scale = 1 / sqrt(variance + kLayerNormEpsilon); sums += gain ⊙ x̂.
/// `gain` [blocks · units]; `values` and `sums` [rows, blocks · units]; `scales` [rows, blocks],
/// written.
void layer_norm_forward(NormSizes sizes, Rows values, std::span<const float> gain, Rows scales,
                        Rows sums);

/// Given ∂, the gradient of the sums, and `values` and `scales` as the forward pass left them:
/// gain_gradient += Σ ∂ ⊙ x̂ over the rows; values ← the gradient of the x that the forward pass
/// got.
void layer_norm_backward(NormSizes sizes, ConstRows gradient, std::span<const float> gain,
                         ConstRows scales, Rows values, std::span<float> gain_gradient);

}  // namespace attend::kernels
