// Optimisers over one flat buffer of parameters (§1.7). Internal to this folder: needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/base.h"
#include "model/model.h"
#include "network/network.h"

namespace attend::train {

using network::RowBlock;

/// What a gradient of that norm is multiplied with so that its norm becomes `limit` if it is at
/// least that (§1.7); 0: never.
double clip_scale(double norm, double limit);

/// One update.
struct UpdateOptions {
  double learning_rate = 0.001;
  std::int64_t update = 1;      ///< 1, 2, …
  double gradient_scale = 1.0;  ///< of clipping
};

/// SGD with momentum, Adadelta, Adam, AdamW or RMSProp. One caller at a time. With g the scaled
/// gradient:
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

  /// Changes `values` in place; `gradient` may be changed too. Adam and AdamW over float32 on the
  /// CPU take one pass that the workers share.
  void step(const at::Tensor& values, const at::Tensor& gradient, const UpdateOptions& options,
            Workers& workers);
  /// The same, and then(index) of each piece when it has changed: of Adam's in the thread that has
  /// just changed them, piece by piece, else when all values have. The pieces hold all values.
  void step(const at::Tensor& values, const at::Tensor& gradient, const UpdateOptions& options,
            Workers& workers, std::span<const RowBlock> row_blocks,
            const std::function<void(std::size_t)>& then);

  /// Names and buffers [size] that a checkpoint has to hold; the buffers may be written to.
  const std::vector<std::pair<std::string, at::Tensor>>& state() const { return state_; }

 private:
  void fused_adam(const at::Tensor& values, const at::Tensor& gradient,
                  const UpdateOptions& options, Workers& workers,
                  std::span<const RowBlock> row_blocks,
                  const std::function<void(std::size_t)>& then);
  void step_by_tensors(const at::Tensor& values, const at::Tensor& gradient,
                       const UpdateOptions& options);

  model::OptimizerConfig config_;
  std::vector<std::pair<std::string, at::Tensor>> state_;
};

}  // namespace attend::train
