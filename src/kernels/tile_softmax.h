// The softmax layer of training with its cross-entropy in bfloat16 by tile instructions (AMX).
// Internal to this folder.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/cross_entropy.h"
#include "kernels/tile_product.h"

namespace attend::kernels {

/// The gradient of the logits [rows, outputs]; columns after the last output are 0. Row r of the
/// gradient is scales[r] · values_r. The values lie in panels of 32 outputs: [panel, row, 32].
struct TileLogitGradient {
  Bfloat16* values = nullptr;  // tile_panel_values(rows, outputs), at a cache line's boundary
  std::size_t panel_stride = 0;
  float* scales = nullptr;  // [rows], written
  float* bias = nullptr;    // [outputs], added to
};

/// Distance between panels, in values: `rows` rounded up to whole tiles, 32 values each.
std::size_t tile_panel_stride(std::size_t rows);
/// Returns how many values to allocate for `units` columns: all panels, and the rows after the last
/// one that the last tile reads.
std::size_t tile_panel_values(std::size_t rows, std::size_t units);

/// Returns the cross-entropy of the logits W x + bias of `rows` rows and writes its gradient.
/// `targets` [rows] are ids below weights.outputs(). The sums equal those of float32 logits; the
/// gradient is rounded to bfloat16 once, or twice with smoothing. Call only where
/// has_bfloat16_tiles() is true.
CrossEntropySums tile_cross_entropy(const TileProduct& weights, HalfMatrix x, std::size_t rows,
                                    const float* bias, const std::int64_t* targets,
                                    const CrossEntropyOptions& options,
                                    const TileLogitGradient& gradient);

}  // namespace attend::kernels
