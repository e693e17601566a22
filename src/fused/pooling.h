// Sequences that become one vector each, as differentiable functions over kernels (§8). Internal to
// this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <vector>

#include "network/network.h"

namespace attend::fused {

/// network::Operations::real_positions() of sequences of these lengths.
at::Tensor real_positions(const at::Tensor& h, const std::vector<std::int32_t>& lengths);

/// network::Operations::pool() of sequences of these lengths.
network::PooledSequences pool(const at::Tensor& rows, const at::Tensor& energies,
                              const std::vector<std::int32_t>& lengths);

}  // namespace attend::fused
