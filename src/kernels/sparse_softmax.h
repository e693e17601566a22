// Probabilities from energies of which most become exactly 0 (§1.5): sparsemax (Martins and
// Astudillo 2016) and 1.5-entmax (Peters, Niculae and Martins 2019).
#pragma once

#include <span>

namespace attend::kernels {

/// x_j ← max(0, x_j − τ), where τ makes the sum 1, in place. −∞ becomes 0; a row of nothing but −∞
/// becomes zeros. `scratch` has the size of the row and is overwritten.
void sparsemax(std::span<float> row, std::span<float> scratch);
/// x_j ← max(0, x_j / 2 − τ)², where τ makes the sum 1; otherwise as sparsemax().
void entmax(std::span<float> row, std::span<float> scratch);

/// Adds the gradient of the energies to `energies`, from the weights that sparsemax() gave and
/// their gradient. Energies whose weight is 0 have none.
void sparsemax_backward(std::span<const float> weights, std::span<const float> d_weights,
                        std::span<float> d_energies);
/// As sparsemax_backward(), for the weights that entmax() gave.
void entmax_backward(std::span<const float> weights, std::span<const float> d_weights,
                     std::span<float> d_energies);

}  // namespace attend::kernels
