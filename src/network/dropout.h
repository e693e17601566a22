// Dropout masks, and noise, that need no saved generator (§1.8). Needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "base/base.h"
#include "model/model.h"

namespace attend::network {

/// Draws the dropout masks and the noise of one shard in one update. They depend only on seed,
/// update, shard and the order of the calls. A resumed training therefore draws equal numbers, and
/// a checkpoint needs no state of a generator. A mask holds 0 where a value is dropped and 1 / (1 −
/// p) where it is kept. An object may be used by one thread at a time.
class Dropout {
 public:
  Dropout(const model::DropoutConfig& config, std::uint64_t seed, std::int64_t update, int shard);

  const model::DropoutConfig& config() const { return config_; }
  /// Draws a mask of this shape. A value is dropped with `probability`.
  at::Tensor mask(at::IntArrayRef shape, double probability, const at::TensorOptions& options);
  /// Draws normal values of this shape around 0.
  at::Tensor noise(at::IntArrayRef shape, double deviation, const at::TensorOptions& options);
  /// Draws a whole number from 0 to count − 1.
  std::int64_t whole(std::int64_t count);
  /// Draws numbers of this shape from 0 to 1, with 1 left out.
  at::Tensor uniform(at::IntArrayRef shape, const at::TensorOptions& options);
  /// Draws the numbers that stochastic attention chooses positions with, [steps, batch] (§7.4):
  /// from 0 to 1. In their place, −1 asks for the mean of all positions: never, in all steps of
  /// about half of the sentences, or in the whole batch about every second time.
  at::Tensor draws(model::Sampling sampling, std::int64_t steps, std::int64_t batch,
                   const at::TensorOptions& options);
  /// Multiplies x [time, batch, units] by a mask. Every step has its own mask; with variational
  /// dropout all steps have one mask. Returns x itself when the probability is 0.
  at::Tensor sequence(const at::Tensor& x, double probability);

 private:
  model::DropoutConfig config_;
  Random random_;
};

}  // namespace attend::network
