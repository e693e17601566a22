#include "train/decoder_masks.h"

namespace attend::train {

DecoderMasks::DecoderMasks(const model::DecoderConfig& config, std::int64_t steps,
                           std::int64_t batch, Dropout* dropout,
                           const at::TensorOptions& floating) {
  if (dropout == nullptr) return;
  const auto masks = [&](int count, double probability) {
    std::vector<Tensor> result;
    for (int i = 0; i < count; ++i) {
      result.push_back(dropout->mask({batch, config.units}, probability, floating));
    }
    return result;
  };
  const model::DropoutConfig& rates = dropout->config();
  if (rates.recurrent > 0) recurrent = masks(config.layers, rates.recurrent);
  const std::int64_t different = rates.variational ? 1 : steps;
  if (rates.readout > 0 && config.input_feeding == model::InputFeeding::kReadout) {
    readout = dropout->mask({different, batch, config.readout_units}, rates.readout, floating)
                  .expand({steps, batch, config.readout_units});
  }
  if (rates.decoder <= 0 || config.layers < 2) return;
  for (std::int64_t i = 0; i < different; ++i) {
    between.push_back(masks(config.layers - 1, rates.decoder));
  }
}

Tensor DecoderMasks::recurrent_of(std::size_t layer) const {
  return recurrent.empty() ? Tensor() : recurrent[layer];
}

Tensor DecoderMasks::between_at(std::int64_t step, std::size_t layer) const {
  if (between.empty()) return {};
  return between[between.size() == 1 ? 0 : static_cast<std::size_t>(step)][layer];
}

}  // namespace attend::train
