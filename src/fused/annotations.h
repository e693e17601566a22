// Annotations in the order in which the decoder reads them. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "network/network.h"

namespace attend::fused {

/// From h [length, batch, n_h], whose last `units` units belong to the backward direction. Both
/// gradients are added up in one tensor, without a tensor of zeros for the rows that ←h_1 does not
/// touch.
network::SentenceAnnotations by_sentence(const at::Tensor& h, std::int64_t units);

}  // namespace attend::fused
