#include "model/fusion.h"

namespace attend::model {

std::string_view encoder_fusion_obstacle(const Configuration& configuration) {
  if (configuration.encoder.layer_norm) return "layer normalisation";
  return {};
}

std::string_view decoder_fusion_obstacle(const Configuration& configuration) {
  const DecoderConfig& decoder = configuration.decoder;
  if (decoder.input_feeding == InputFeeding::kReadout && decoder.readout == Readout::kMaxout) {
    return "a maxout readout that is fed";
  }
  return {};
}

}  // namespace attend::model
