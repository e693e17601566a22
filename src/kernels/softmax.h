// Probabilities from energies and logits.
#pragma once

#include <span>

namespace attend::kernels {

/// x_j ← exp(x_j − max x) / Σ_k exp(x_k − max x), in place. −∞ gets 0; a row that holds nothing but
/// −∞ becomes zeros (§1.2). Absolute error below 1e-6.
void softmax(std::span<float> row);
/// The same from `energies` into `row`, which has their size.
void softmax(std::span<const float> energies, std::span<float> row);

/// x_j ← x_j − max x − ln Σ_k exp(x_k − max x), in place; an empty row stays empty.
void log_softmax(std::span<float> row);

}  // namespace attend::kernels
