// Annotations in the order in which the decoder reads them. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>

#include "network/network.h"

namespace attend::fused {

/// Returns copies of two parts of h [length, batch, n_h]: all annotations ordered by sentence, and
/// ←h_1, which is the last `units` values of position 1. The backward pass adds the gradients of
/// both results in one tensor. It makes no extra tensor of zeros for the positions other than 1.
network::SentenceAnnotations by_sentence(const at::Tensor& h, std::int64_t units);

}  // namespace attend::fused
