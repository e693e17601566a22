// Matrix products of training in bfloat16 by tile instructions (AMX). Internal to this folder.
#pragma once

#include <cstddef>

#include "kernels/bfloat16.h"
#include "kernels/buffer.h"
#include "kernels/float32_product.h"
#include "kernels/rows.h"
#include "kernels/training_matrix.h"

namespace attend::kernels {

/// Whether processor and system have the instructions and oneDNN's settings do not forbid them;
/// asks the system for the tiles. Nothing else here may be called where they are missing.
bool has_bfloat16_tiles();

/// Rows and columns of x that one tile takes. Tiles read x up to the next multiple of both: columns
/// behind the last one meet zeros and must be finite, rows may hold anything.
inline constexpr std::size_t kTileRows = 16, kTileDepth = 32;

/// Rows of bfloat16 as tiles read them: value (r, k) stands at values + r · row_stride + k / 32 ·
/// panel_stride + k % 32. Rows that stand whole have panels of 32 values.
struct HalfMatrix {
  const Bfloat16* values = nullptr;
  std::size_t row_stride = 0;
  std::size_t panel_stride = kTileDepth;

  const Bfloat16* row(std::size_t r) const { return values + r * row_stride; }
  HalfMatrix from(std::size_t r) const { return {row(r), row_stride, panel_stride}; }
  /// From column `c` on; what is read from there must not cross a panel.
  HalfMatrix column(std::size_t c) const {
    const Bfloat16* first = values + c / kTileDepth * panel_stride + c % kTileDepth;
    return {first, row_stride, panel_stride};
  }
};

/// Values from row to row of x as round_for_tiles() leaves them, and in all of them with what tiles
/// read behind the last row: kTileDepth values there must be finite.
std::size_t tile_stride(std::size_t units);
std::size_t tile_values(std::size_t count, std::size_t units);
/// Rounds `count` rows of `units` values; zeros behind each. Denormal numbers become 0.
void round_for_tiles(ConstRows from, std::size_t count, std::size_t units, Bfloat16* to);

/// W [outputs, inputs] rounded to bfloat16 as tiles; sums are float32. Several threads may
/// multiply, none may pack meanwhile; `values` must stay.
class TileProduct {
 public:
  /// Packs nothing yet.
  TileProduct(const float* values, std::size_t outputs, std::size_t inputs, WeightStrides strides);

  /// Takes over what the values have become.
  void pack() { pack(0, stored_.count); }
  /// The same of `count` whole rows in memory, `stride` values apart, that the values may lie
  /// among; returns how many values that were: none also where they cannot be packed without
  /// others. Several threads may each pack rows of their own.
  std::size_t pack_among(ConstRows rows, std::size_t count);
  /// y ← W x + bias, or y += W x with Write::kAdd; `bias` [outputs] or null.
  void multiply(HalfMatrix x, std::size_t rows, const float* bias, Rows y, Write write) const;

  std::size_t outputs() const { return outputs_; }
  std::size_t inputs() const { return inputs_; }
  /// [⌈outputs / 32⌉, ⌈inputs / 32⌉, 2, 16, 16, 2]
  const Bfloat16* tiles() const { return reinterpret_cast<const Bfloat16*>(tiles_.span().data()); }

 private:
  // The values as rows in memory, each of which is one output's or one input's.
  struct Stored {
    bool outputs;
    std::size_t count, stride;
  };
  // Rows [first, first + count); both are multiples of 32, or the last row is among them.
  void pack(std::size_t first, std::size_t count);

  const float* values_;
  std::size_t outputs_, inputs_;
  Stored stored_;
  Array tiles_;
};

/// gradient [a_units, b_units] ← or += Σ_r a_r b_rᵀ over `count` > 0 rows; returns the sum of its
/// squares, taken while they are in the first cache.
double tile_gradient(HalfMatrix a, std::size_t a_units, HalfMatrix b, std::size_t b_units,
                     std::size_t count, Rows gradient, Write write);

}  // namespace attend::kernels
