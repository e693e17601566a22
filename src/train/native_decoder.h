// The teacher-forced decoder as one differentiable function over the kernels, in float on the CPU.
// Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "train/decoder_masks.h"
#include "train/layers.h"
#include "train/native_attention.h"
#include "train/native_cell.h"
#include "train/native_input_feeding.h"

namespace attend::train {

struct NativeDecoderInputs {
  std::shared_ptr<ShardMatrices> matrices;
  CellShape shape;
  model::Order order = model::Order::kLookUpdateGenerate;
  std::int64_t steps = 0;
  AttentionInputs attention;
  InputFeedingInputs
      input_feeding;  // with kUpdateLookGenerate only; the weight is undefined without
  WordRows previous;  // [updates · batch, m]: E y_{i-1}, or undefined without feedback; updates =
                      // steps, or steps - 1 where the last state would go unused
  std::vector<State> initial;      // [layers] of [batch, n]
  std::vector<CellTensors> cells;  // [layers], from the bottom; without gains
  DecoderMasks masks;              // but that of readouts, which `feeding` holds
};

struct NativeDecoded {
  Tensor states;      // [steps, batch, n]: what the readout sees of the top layer, s_i or s_{i-1}
  Tensor contexts;    // [steps, batch, n_h]
  Tensor alignments;  // [steps, batch, source_length], without gradient
  Tensor readouts;    // [steps, batch, l] with dropout where they are fed, else undefined
};

/// All steps of a decoder.
NativeDecoded native_decode(const NativeDecoderInputs& inputs);

}  // namespace attend::train
