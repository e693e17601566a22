// Dropout masks that need no saved generator (§1.8). Needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "base/base.h"
#include "model/model.h"

namespace attend::network {

/// Draws the dropout masks of one shard in one update. The masks are a function of seed, update and
/// shard, and of the order of the calls, so that a resumed training draws them again without a
/// saved generator. Kept values are 1 / (1 − p), dropped ones 0. For one thread at a time.
class Dropout {
 public:
  Dropout(const model::DropoutConfig& config, std::uint64_t seed, std::int64_t update, int shard);

  const model::DropoutConfig& config() const { return config_; }
  /// A mask of this shape.
  at::Tensor mask(at::IntArrayRef shape, double probability, const at::TensorOptions& options);
  /// x [time, batch, units] times a mask of its own for every step, or times one mask for all steps
  /// (variational dropout). Without effect when the probability is 0.
  at::Tensor sequence(const at::Tensor& x, double probability);

 private:
  model::DropoutConfig config_;
  Random random_;
};

}  // namespace attend::network
