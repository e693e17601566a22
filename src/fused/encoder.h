// An encoder layer as one differentiable function over the kernels, in float on the CPU. Internal
// to this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "fused/packed_weights.h"
#include "network/network.h"

namespace attend::fused {

/// Runs one encoder layer. `lengths` [batch] are the lengths of the sources. A batch sorted from
/// the longest to the shortest source takes the least time, because each step then computes only
/// the sentences that have not ended.
network::EncodedLayer encoder_layer(const std::shared_ptr<ShardMatrices>& matrices,
                                    const network::EncoderLayerInputs& inputs,
                                    const std::vector<std::int32_t>& lengths);

}  // namespace attend::fused
