// Logarithms of probabilities that may be 0. Internal to this folder.
#pragma once

#include "network/tensors.h"

namespace attend::network {

/// Where a probability is large enough that the gradient of its logarithm is finite. Smaller ones
/// count as 0.
Tensor is_possible(const Tensor& probability);

/// The logarithm where is_possible(), elsewhere 0.
Tensor logarithm_of(const Tensor& probability, const Tensor& possible);

}  // namespace attend::network
