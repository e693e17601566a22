// Annotations in the order in which the decoder reads them. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "network/network.h"

namespace attend::fused {

/// Copies h [length, batch, n_h], whose last `units` units belong to the backward direction, to
/// annotations by sentence and to ←h_1. The backward pass adds both gradients in one tensor,
/// without a tensor of zeros for the rows that ←h_1 does not read.
network::SentenceAnnotations by_sentence(const at::Tensor& h, std::int64_t units);

}  // namespace attend::fused
