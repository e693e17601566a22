// The fast interpreter of step programs: all steps of any program as one differentiable function
// over the kernels, in float on the CPU. Internal to this folder.
#pragma once

#include <memory>
#include <vector>

#include "fused/packed_weights.h"
#include "network/network.h"

namespace attend::fused {

/// Computes network::Operations::run_steps() with the products of a shard.
std::vector<at::Tensor> run_steps(const std::shared_ptr<ShardMatrices>& matrices,
                                  const network::StepsInputs& inputs);

}  // namespace attend::fused
