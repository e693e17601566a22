// Matrix products of training in bfloat16 by tile instructions (AMX). Internal to this folder.
#pragma once

#include <cstddef>

#include "kernels/bfloat16.h"
#include "kernels/buffer.h"
#include "kernels/panel_product.h"
#include "kernels/rows.h"
#include "kernels/training_product.h"

namespace attend::kernels {

/// Whether processor and system have the instructions and oneDNN's settings do not forbid them;
/// asks the system for the tiles. Nothing else here may be called where they are missing.
bool has_bfloat16_tiles();

/// Rows and columns of x that one tile takes. Tiles read x up to the next multiple of both: columns
/// behind the last one meet zeros and must be finite, rows may hold anything.
inline constexpr std::size_t kTileRows = 16, kTileDepth = 32;

using HalfRows = BasicRows<const Bfloat16>;

/// Values between the rows of x that round_for_tiles() leaves, and in all of them with what tiles
/// read behind the last.
std::size_t tile_stride(std::size_t units);
std::size_t tile_values(std::size_t count, std::size_t units);
/// Rounds `count` rows of `units` values; zeros behind each. Denormal numbers become 0.
void round_for_tiles(ConstRows from, std::size_t count, std::size_t units, Bfloat16* to);

/// W [outputs, inputs] rounded to bfloat16 as tiles; sums are float32. Several threads may
/// multiply, none may pack meanwhile; `values` must stay.
class TileProduct {
 public:
  TileProduct(const float* values, std::size_t outputs, std::size_t inputs, WeightStrides strides);

  /// Takes over what the values have become.
  void pack();
  /// y ← W x + bias, or y += W x with Write::kAdd; `bias` [outputs] or null.
  void multiply(HalfRows x, std::size_t rows, const float* bias, Rows y, Write write) const;

 private:
  const float* values_;
  std::size_t outputs_, inputs_;
  WeightStrides strides_;
  Buffer tiles_;  // [⌈outputs / 32⌉, ⌈inputs / 32⌉, 2, 16, 16, 2] of bfloat16
};

/// gradient [a_units, b_units] ← or += Σ_r a_r b_rᵀ over `count` rows.
void tile_gradient(HalfRows a, std::size_t a_units, HalfRows b, std::size_t b_units,
                   std::size_t count, Rows gradient, Write write);

}  // namespace attend::kernels
