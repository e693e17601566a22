// A bidirectional encoder layer as one differentiable function over the kernels, in float on the
// CPU. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "train/layers.h"
#include "train/native_cell.h"

namespace attend::train {

/// [→h_j; ←h_j] of one layer without layer normalisation and without recurrent dropout:
/// [source_length, batch, 2 n], 0 on padding. Exactly one of `below` [source_length, batch, in] and
/// `ids` [source_length, batch] (one-hot vectors) is defined. `lengths` [batch] are those of the
/// sources. Faster when they fall from one sentence to the next.
at::Tensor native_encoder_layer(const std::shared_ptr<Products>& products, const CellShape& shape,
                                const CellTensors& forward, const CellTensors& backward,
                                const at::Tensor& below, const at::Tensor& ids,
                                const std::vector<std::int32_t>& lengths);

}  // namespace attend::train
