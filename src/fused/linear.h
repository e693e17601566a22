// A linear layer as one differentiable function over the kernels, in float on the CPU. Internal to
// this folder.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "fused/embedding.h"
#include "fused/packed_weights.h"

namespace attend::fused {

/// Computes network::Operations::linear() with the products of a shard.
at::Tensor linear(const std::shared_ptr<ShardMatrices>& matrices,
                  const std::vector<WordRows>& parts, const at::Tensor& weight,
                  const at::Tensor& bias, network::Activation activation,
                  std::int64_t first_column);

}  // namespace attend::fused
