// Which parts of a model training computes by fused functions over the CPU's kernels.
#pragma once

#include <string_view>

#include "model/configuration.h"

namespace attend::model {

/// What keeps the encoder's layers, or the decoder's steps, from the fused functions: "layer
/// normalisation", …; empty when nothing does. Such a part is computed by tensor operations, in
/// float32.
std::string_view encoder_fusion_obstacle(const Configuration& configuration);
std::string_view decoder_fusion_obstacle(const Configuration& configuration);

}  // namespace attend::model
