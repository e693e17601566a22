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

/// Returns the factor that clips a gradient of this norm to the norm `limit` (§1.7). The factor is
/// 1 when the norm is below the limit or not finite, and when `limit` is 0, which means no limit.
double clip_scale(double norm, double limit);

/// The options of one update.
struct UpdateOptions {
  double learning_rate = 0.001;
  std::int64_t update = 1;      ///< number of the update, from 1
  double gradient_scale = 1.0;  ///< factor of the gradient, from clip_scale()
};

/// An optimiser: SGD with momentum, Adadelta, Adam, AdamW or RMSProp. An object may be used by one
/// thread at a time. With the scaled gradient g, learning rate η and update u, the equations are:
///
///   sgd       b ← μ b + g;                              θ ← θ − η b
///   adadelta  E ← ρ E + (1−ρ) g²; Δ = √(D+ε)/√(E+ε) g;  θ ← θ − η Δ;  D ← ρ D + (1−ρ) Δ²
///   adam      m ← β₁ m + (1−β₁) g; v ← β₂ v + (1−β₂) g²; θ ← θ − η m̂ / (√v̂ + ε),
///             m̂ = m / (1 − β₁ᵘ), v̂ = v / (1 − β₂ᵘ)
///   adamw     θ ← θ (1 − η λ), then adam
///   rmsprop   v ← ρ v + (1−ρ) g²;                       θ ← θ − η g / (√v + ε)
///
/// With weight decay λ, all but adamw use g + λ θ in place of g.
class Optimizer {
 public:
  /// Makes the state for parameters `values` [size]. It is zero at first.
  Optimizer(const model::OptimizerConfig& config, const at::Tensor& values);

  /// Updates `values` [size] in place. `gradient` [size] may be overwritten. Adam and AdamW over
  /// float32 values on the CPU need one pass, which the workers share.
  void step(const at::Tensor& values, const at::Tensor& gradient, const UpdateOptions& options,
            Workers& workers);
  /// Updates `values` and calls then(index) in a thread of `workers` for each row block once its
  /// values have changed. Adam and AdamW over float32 on the CPU call it directly after each block,
  /// in the thread that has just changed that block; otherwise the calls begin when all values have
  /// changed. The row blocks, in ascending order, hold all parameters that change. Parameters that
  /// no block holds keep their values and their state.
  void step(const at::Tensor& values, const at::Tensor& gradient, const UpdateOptions& options,
            Workers& workers, std::span<const RowBlock> row_blocks,
            const std::function<void(std::size_t)>& then);

  /// The state that a checkpoint must hold: names and buffers [size]. To restore a checkpoint,
  /// write into the buffers.
  const std::vector<std::pair<std::string, at::Tensor>>& state() const { return state_; }

 private:
  void fused_adam(const at::Tensor& values, const at::Tensor& gradient,
                  const UpdateOptions& options, Workers& workers,
                  std::span<const RowBlock> row_blocks,
                  const std::function<void(std::size_t)>& then);
  void step_by_tensors(const at::Tensor& values, const at::Tensor& gradient,
                       const UpdateOptions& options, std::span<const at::Tensor> state) const;

  model::OptimizerConfig config_;
  std::vector<std::pair<std::string, at::Tensor>> state_;
};

}  // namespace attend::train
