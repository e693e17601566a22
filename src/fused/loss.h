// The softmax layer and the cross-entropy of a batch with their gradients. The logits of a whole
// batch never exist at once; with AMX tiles their gradient does, in bfloat16. Internal to this
// folder.
#pragma once

#include <ATen/ATen.h>

#include "fused/packed_weights.h"
#include "network/network.h"

namespace attend::fused {

struct Loss {
  network::LossSums sums;
  at::Tensor d_rows;  // [tokens, l]: the gradient of the scaled cost
};

/// Adds to the gradients of weight and bias, which must be leaves that have gradients, and returns
/// the gradient of the rows. Reads the values of inputs.rows alone, not their graph.
Loss accumulate_loss(ShardMatrices& matrices, const network::LossInputs& inputs,
                     const network::LossOptions& options);

/// The sums alone; weight and bias need no gradient.
network::LossSums evaluate_loss(ShardMatrices& matrices, const network::LossInputs& inputs,
                                const network::LossOptions& options);

}  // namespace attend::fused
