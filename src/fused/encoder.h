// An encoder layer as one differentiable function over the kernels, in float on the CPU. Internal
// to this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "fused/packed_weights.h"
#include "network/network.h"

namespace attend::fused {

/// `lengths` [batch] are those of the sources. Sources that get shorter from the first to the last
/// take the least time, because the steps then compute no row of padding.
network::EncodedLayer encoder_layer(const std::shared_ptr<ShardMatrices>& matrices,
                                    const network::EncoderLayerInputs& inputs,
                                    const std::vector<std::int32_t>& lengths);

}  // namespace attend::fused
