// Layer normalisation for training: as in layer_norm.h, forward and backward. Each row consists of
// blocks of `units` values (one for each gate), each normalised by itself.
//
// Rows of all arguments may stand apart (rows.h) and overlap no others.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/rows.h"

namespace attend::kernels {

struct NormSizes {
  std::size_t rows = 0;
  std::size_t blocks = 0;  ///< at least 1
  std::size_t units = 0;   ///< of a block, at least 1
};

/// x ← x̂ = (x − mean) · scale, scale = 1 / sqrt(variance + kLayerNormEpsilon); sums += gain ⊙ x̂.
/// `gain` [blocks · units]; `values` and `sums` [rows, blocks · units]; `scales` [rows, blocks],
/// written.
void layer_norm_forward(NormSizes sizes, Rows values, std::span<const float> gain, Rows scales,
                        Rows sums);

/// From ∂, the gradient of the sums, with `values` and `scales` as the forward pass left them:
/// gain_gradient += Σ ∂ ⊙ x̂ over the rows; values ← the gradient of what they were at first.
void layer_norm_backward(NormSizes sizes, ConstRows gradient, std::span<const float> gain,
                         ConstRows scales, Rows values, std::span<float> gain_gradient);

}  // namespace attend::kernels
