// An encoder layer as one differentiable function over the kernels, in float on the CPU. Internal
// to this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "train/layers.h"
#include "train/native_cell.h"
#include "train/native_embedding.h"

namespace attend::train {

struct NativeEncoderInputs {
  std::shared_ptr<ShardMatrices> matrices;
  CellShape shape;
  model::Direction direction = model::Direction::kBidirectional;
  std::vector<CellTensors> cells;  ///< [directions], as EncoderConfig::directions() has them
  WordRows seen;  ///< [positions, in]; without rows: one-hot vectors, the index holds their ids
  std::vector<std::int32_t> lengths;  ///< of the sources, [batch]; faster when they fall
  at::Tensor mask;  // [directions, batch, n]: dropout of h_{t-1} in the recurrent products, or
                    // undefined
};

struct NativeEncoded {
  at::Tensor annotations;  // [source_length, batch, n_h]: [→h_j; ←h_j] or one, 0 on padding
  at::Tensor last_cells;   // [batch, n_h] of an LSTM: behind the last token of each direction
};

NativeEncoded native_encoder_layer(const NativeEncoderInputs& inputs);

}  // namespace attend::train
