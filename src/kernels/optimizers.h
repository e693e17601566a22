// The optimisers' passes over parameters and gradients (§1.7).
#pragma once

#include <cstddef>
#include <span>

namespace attend::kernels {

/// sum += Σ others, element by element. Returns the sum of the squares of the new `sum`. All arrays
/// hold `size` values.
double add_and_square(float* sum, std::span<const float* const> others, std::size_t size);

/// The factors of one update of Adam or AdamW. With g = gradient_scale · gradient + l2 · θ:
///     m ← β₁ m + (1 − β₁) g;  v ← β₂ v + (1 − β₂) g²;
///     θ ← keep · θ − step · m / (√(v · square_scale) + ε)
struct AdamStep {
  float gradient_scale = 1.0F;  ///< from clipping
  float l2 = 0.0F;              ///< weight decay within the gradient (Adam)
  float keep = 1.0F;            ///< 1 − η λ: decoupled weight decay (AdamW)
  float beta1 = 0.9F;
  float beta2 = 0.999F;
  float step = 0.001F;        ///< η / (1 − β₁ᵘ)
  float square_scale = 1.0F;  ///< 1 / (1 − β₂ᵘ)
  float epsilon = 1e-8F;
};

/// Updates `values` (θ), `mean` (m) and `squares` (v). All arrays hold `size` values and do not
/// overlap.
void adam(const AdamStep& step, const float* gradient, float* mean, float* squares, float* values,
          std::size_t size);

}  // namespace attend::kernels
