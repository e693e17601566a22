// The softmax layer and the cross-entropy of a batch with their gradients. The logits of a whole
// batch never exist at once. With AMX tiles, the gradient of all logits does exist at once, in
// bfloat16. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <memory>

#include "fused/packed_weights.h"
#include "network/network.h"

namespace attend::fused {

struct Loss {
  network::LossSums sums;
  at::Tensor d_rows;  // [tokens, l]: the gradient of the scaled cost
};

/// Computes the loss and its gradient. Adds to the gradients of weight and bias, which must be
/// leaves that have gradients, and returns the gradient of the rows. Reads the values of
/// inputs.rows but not their graph.
Loss accumulate_loss(ShardMatrices& matrices, const network::LossInputs& inputs,
                     const network::LossOptions& options);

/// Computes the sums of the loss only; weight and bias need no gradient.
network::LossSums evaluate_loss(ShardMatrices& matrices, const network::LossInputs& inputs,
                                const network::LossOptions& options);

/// Computes network::Operations::token_log_probabilities(). The logits are computed again for the
/// gradient, so that those of a whole batch never exist at once.
at::Tensor token_log_probabilities(const std::shared_ptr<ShardMatrices>& matrices,
                                   const network::LossInputs& inputs);

}  // namespace attend::fused
