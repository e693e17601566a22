// The dropout masks and the noise of a decoder for one batch (§1.8). Needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "network/dropout.h"

namespace attend::network {

using at::Tensor;

/// Dropout masks of one pass through a decoder. A list is empty or a tensor undefined if the
/// configuration does not ask for its kind of dropout. A state is multiplied by its mask; dropped
/// values are 0 in the mask.
struct DecoderMasks {
  // [DecoderConfig::cells()] of [batch, n]: masks of h_{t-1} in the recurrent products. A cell has
  // one mask for all steps.
  std::vector<Tensor> recurrent;
  // [layers − 1] of [steps, batch, n]: masks of the states that the next layer reads. The first
  // dimension is 1 where one mask serves all steps (variational dropout).
  std::vector<Tensor> between;
  Tensor readout;  // [steps, batch, l]: masks of the readouts of input feeding
  /// [steps, batch, source_length]: added to the energies of monotonic attention (§13.1). Undefined
  /// without noise.
  Tensor noise;
  /// [steps, batch]: the numbers from 0 to 1 that stochastic attention draws its positions with, −1
  /// where it takes the expectation (§7.4). Undefined where a model predicts.
  Tensor draws;

  DecoderMasks() = default;
  /// Draws the masks that the configuration of `dropout` asks for. Draws none when it is null.
  DecoderMasks(const model::DecoderConfig& config, std::int64_t steps, std::int64_t batch,
               Dropout* dropout, const at::TensorOptions& floating);

  /// The mask [batch, n] of h_{t-1} of a cell; undefined without this dropout.
  Tensor recurrent_of(std::size_t cell) const;
  /// The mask [batch, n] of the state of `layer` that layer + 1 reads in `step`; undefined without
  /// this dropout.
  Tensor between_at(std::int64_t step, std::size_t layer) const;
};

}  // namespace attend::network
