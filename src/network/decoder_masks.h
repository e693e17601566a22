// The dropout masks of a decoder over a sequence (§1.8). Needs libtorch.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "network/dropout.h"

namespace attend::network {

using at::Tensor;

/// Of h_{t-1} in the recurrent products, one mask a layer for the whole sequence; between layers,
/// and of readouts that are fed, for every step or once for all.
struct DecoderMasks {
  std::vector<Tensor> recurrent;  // [layers] of [batch, n], or empty
  std::vector<Tensor> between;    // [layers - 1] of [steps or 1, batch, n], or empty
  Tensor readout;                 // [steps, batch, l], or undefined

  DecoderMasks() = default;
  /// Draws what `dropout` asks for; nothing when it is null.
  DecoderMasks(const model::DecoderConfig& config, std::int64_t steps, std::int64_t batch,
               Dropout* dropout, const at::TensorOptions& floating);

  /// Of h_{t-1} of a layer, or undefined.
  Tensor recurrent_of(std::size_t layer) const;
  /// Of what layer + 1 sees of `layer` in a step, or undefined.
  Tensor between_at(std::int64_t step, std::size_t layer) const;
};

}  // namespace attend::network
