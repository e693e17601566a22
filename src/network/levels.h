// Functions over the annotations of a batch that leave padding out. Internal to this folder. Needs
// libtorch.
#pragma once

#include <ATen/ATen.h>

#include "network/batch.h"
#include "network/tensors.h"

namespace attend::network {

/// Returns the largest value of each unit among the annotations h [source_length, batch, n_h] of
/// every source: [batch, n_h].
Tensor largest_of_each_unit(const Tensor& h, const Batch& batch);

}  // namespace attend::network
