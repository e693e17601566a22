// Annotations in the order in which the decoder reads them. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "network/network.h"

namespace attend::fused {

/// Returns copies of h [length, batch, n_h]: all annotations ordered by sentence, and the first
/// backward state, the last `units` units of the first position. The backward pass adds the
/// gradients of both results in one tensor; it makes no extra tensor of zeros for the positions
/// that are not part of the first backward state.
network::SentenceAnnotations by_sentence(const at::Tensor& h, std::int64_t units);

}  // namespace attend::fused
