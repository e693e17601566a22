// Optimisers over one flat buffer of parameters (§1.7). Internal to this folder: needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "model/model.h"

namespace attend::train {

/// Scales `gradient` in place to the norm `limit` if its norm is at least that; 0: never. Returns
/// the norm before.
double clip_by_norm(const at::Tensor& gradient, double limit);

/// SGD with momentum, Adadelta, Adam, AdamW or RMSProp. One thread at a time.
///
///   sgd       b ← μ b + g;                              θ ← θ − η b
///   adadelta  E ← ρ E + (1−ρ) g²; Δ = √(D+ε)/√(E+ε) g;  θ ← θ − η Δ;  D ← ρ D + (1−ρ) Δ²
///   adam      m ← β₁ m + (1−β₁) g; v ← β₂ v + (1−β₂) g²; θ ← θ − η m̂ / (√v̂ + ε),
///             m̂ = m / (1 − β₁ᵘ), v̂ = v / (1 − β₂ᵘ)
///   adamw     θ ← θ (1 − η λ), then adam
///   rmsprop   v ← ρ v + (1−ρ) g²;                       θ ← θ − η g / (√v + ε)
/// With weight decay λ the others see g + λ θ.
class Optimizer {
 public:
  /// State for `values` [size], all zero.
  Optimizer(const model::OptimizerConfig& config, const at::Tensor& values);

  /// Update u = 1, 2, …: changes `values` in place; `gradient` may be changed too.
  void step(const at::Tensor& values, const at::Tensor& gradient, double learning_rate,
            std::int64_t update);

  /// Names and buffers [size] that a checkpoint has to hold; the buffers may be written to.
  const std::vector<std::pair<std::string, at::Tensor>>& state() const { return state_; }

 private:
  model::OptimizerConfig config_;
  std::vector<std::pair<std::string, at::Tensor>> state_;
};

}  // namespace attend::train
