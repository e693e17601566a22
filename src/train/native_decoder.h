// The teacher-forced decoder of one layer with additive attention as one differentiable function
// over the kernels, in float on the CPU. Internal to this folder.
#pragma once

#include <ATen/ATen.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "train/layers.h"
#include "train/native_cell.h"

namespace attend::train {

struct NativeDecoderInputs {
  std::shared_ptr<Products> products;
  CellShape shape;
  bool update_first = true;  ///< Order::kLookUpdateGenerate
  bool relu = false;         ///< Energies::kRelu
  std::int64_t steps = 0;
  std::vector<std::int32_t> lengths;  ///< of the sources, [batch]
  Tensor annotations;                 // [batch, source_length, n_h]
  Tensor projected;                   // [batch, source_length, n']: U h_j + b
  Tensor fed;            // [updates, batch, m]: E y_{i-1}, or undefined without feedback; updates =
                         // steps, or steps - 1 where the last state would go unused
  Tensor initial_state;  // [batch, n]
  Tensor initial_cell;   // [batch, n] of an LSTM, else undefined
  Tensor query_weight;   // [n', n]
  Tensor energy_weight;  // [n']
  Tensor energy_bias;    // [1] or undefined
  CellTensors cell;      // input_weight [G n, m + n_h], without gains
};

struct NativeDecoded {
  Tensor states;      // [steps, batch, n]: what the readout sees, s_i or s_{i-1}
  Tensor contexts;    // [steps, batch, n_h]
  Tensor alignments;  // [steps, batch, source_length], without gradient
};

/// All steps of a decoder without recurrent dropout.
NativeDecoded native_decode(const NativeDecoderInputs& inputs);

}  // namespace attend::train
