// The softmax layer and the cross-entropy of a batch with their gradients, without ever holding
// more than a part of its logits (with tiles: their gradient, in bfloat16). Internal to this
// folder.
#pragma once

#include <ATen/ATen.h>

#include "train/packed_weights.h"

namespace attend::train {

/// What the loss is computed from.
struct LossInputs {
  at::Tensor rows;     // [rows, l]: the readout at every target token
  at::Tensor weight;   // [target_vocabulary, l]: a leaf with a gradient
  at::Tensor bias;     // [target_vocabulary]: a leaf with a gradient
  at::Tensor targets;  // [rows] ids
  bool tied = false;   // others add to the gradient of the weight
};

struct NativeLoss {
  kernels::CrossEntropySums sums;
  at::Tensor d_rows;  // [rows, l]: gradient of the scaled cost
};

/// Adds to the gradients of weight and bias; the others are returned.
NativeLoss native_loss(ShardMatrices& matrices, const LossInputs& inputs,
                       const kernels::CrossEntropyOptions& options);

/// The sums alone; weight and bias need no gradient.
kernels::CrossEntropySums native_evaluation(ShardMatrices& matrices, const LossInputs& inputs,
                                            const kernels::CrossEntropyOptions& options);

}  // namespace attend::train
