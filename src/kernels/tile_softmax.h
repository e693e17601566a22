// The softmax layer of training with its cross-entropy in bfloat16 by tile instructions (AMX).
// Internal to this folder.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cross_entropy.h"
#include "kernels/tile_product.h"

namespace attend::kernels {

/// Where the gradient of logits goes, [rows, outputs] and nothing behind the last output: row r is
/// scales[r] times what stands here. Values of a panel of 32 outputs stand together, [panel, row,
/// 32].
struct TileLogitGradient {
  Bfloat16* values = nullptr;  // tile_panel_values(rows, outputs), at a cache line's boundary
  std::size_t panel_stride = 0;
  float* scales = nullptr;  // [rows]
  float* bias = nullptr;    // [outputs], added to
};

/// Values from panel to panel, and of all panels with what tiles read behind the last one.
std::size_t tile_panel_stride(std::size_t rows);
std::size_t tile_panel_values(std::size_t rows, std::size_t units);

/// Cross-entropy of the logits W x + bias of `rows` rows, whose `targets` are ids below
/// weights.outputs(), and its gradient. The sums are those of float32 logits; the gradient is
/// rounded once, with smoothing twice.
CrossEntropySums tile_cross_entropy(const TileProduct& weights, HalfMatrix x, std::size_t rows,
                                    const float* bias, const std::int64_t* targets,
                                    const CrossEntropyOptions& options,
                                    const TileLogitGradient& gradient);

}  // namespace attend::kernels
