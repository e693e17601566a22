#include "network/decoder_masks.h"

namespace attend::network {

DecoderMasks::DecoderMasks(const model::DecoderConfig& config, std::int64_t steps,
                           std::int64_t batch, Dropout* dropout,
                           const at::TensorOptions& floating) {
  if (dropout == nullptr) return;
  const model::DropoutConfig& rates = dropout->config();
  const auto draw = [&](double rate) {
    return dropout->mask({batch, config.units}, rate, floating);
  };
  for (int cell = 0; cell < config.cells() && rates.recurrent > 0; ++cell) {
    recurrent.push_back(draw(rates.recurrent));
  }
  const std::int64_t different = rates.variational ? 1 : steps;
  if (rates.readout > 0 && config.input_feeding == model::InputFeeding::kReadout) {
    readout = dropout->mask({different, batch, config.readout_units}, rates.readout, floating)
                  .expand({steps, batch, config.readout_units});
  }
  if (rates.decoder <= 0) return;
  for (int layer = 1; layer < config.layers; ++layer) {
    between.push_back(at::empty({different, batch, config.units}, floating));
  }
  for (std::int64_t i = 0; i < different; ++i) {
    for (const Tensor& masks : between) masks[i].copy_(draw(rates.decoder));
  }
}

Tensor DecoderMasks::recurrent_of(std::size_t cell) const {
  return recurrent.empty() ? Tensor() : recurrent[cell];
}

Tensor DecoderMasks::between_at(std::int64_t step, std::size_t layer) const {
  if (between.empty()) return {};
  return between[layer][between[layer].size(0) == 1 ? 0 : step];
}

}  // namespace attend::network
