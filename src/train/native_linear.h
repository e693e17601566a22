// Linear layers as one differentiable function over the kernels, in float on the CPU. Internal to
// this folder.
#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <vector>

#include "train/native_embedding.h"
#include "train/packed_weights.h"

namespace attend::train {

enum class Activation { kNone, kTanh };

/// activation(W [x_1; x_2; …] + b) of positions: one to three parts [positions, in_k], of which one
/// may share rows, weight [out, Σ in_k], bias [out] or undefined → [positions, out].
at::Tensor native_linear(const std::shared_ptr<ShardMatrices>& matrices,
                         const std::vector<WordRows>& parts, const at::Tensor& weight,
                         const at::Tensor& bias, Activation activation);

}  // namespace attend::train
