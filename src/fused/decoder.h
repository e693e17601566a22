// The teacher-forced decoder as one differentiable function over the kernels, in float on the CPU.
// Internal to this folder.
#pragma once

#include <memory>

#include "fused/packed_weights.h"
#include "network/network.h"

namespace attend::fused {

/// Runs all steps of a decoder. All results are differentiable, the alignments included.
network::DecodedSteps decoder_steps(const std::shared_ptr<ShardMatrices>& matrices,
                                    const network::DecoderInputs& inputs);

}  // namespace attend::fused
