// Matrix products of training in bfloat16 by tile instructions (AMX). Internal to this folder.
#pragma once

#include <cstddef>

#include "kernels/bfloat16.h"
#include "kernels/buffer.h"
#include "kernels/float32_product.h"
#include "kernels/rows.h"
#include "kernels/training_matrix.h"

namespace attend::kernels {

/// Whether the processor and the system have the instructions and the settings of oneDNN do not
/// forbid them. The first call asks the system for permission to use tiles. Where this is false,
/// nothing else in this file may be called.
bool has_bfloat16_tiles();

/// Rows and columns of x that one tile holds. Tiles read x up to the next multiple of both: values
/// after the last column are multiplied by zeros and must be finite, rows after the last may hold
/// anything.
inline constexpr std::size_t kTileRows = 16, kTileDepth = 32;

/// bfloat16 rows as tiles read them: value (r, k) is at values + r · row_stride + k / 32 ·
/// panel_stride + k % 32. Rows without panels have a panel stride of 32.
struct HalfMatrix {
  const Bfloat16* values = nullptr;
  std::size_t row_stride = 0;
  std::size_t panel_stride = kTileDepth;

  const Bfloat16* row(std::size_t r) const { return values + r * row_stride; }
  HalfMatrix from(std::size_t r) const { return {row(r), row_stride, panel_stride}; }
  /// The columns from `c` on; a read of columns there must not cross a panel.
  HalfMatrix column(std::size_t c) const {
    const Bfloat16* first = values + c / kTileDepth * panel_stride + c % kTileDepth;
    return {first, row_stride, panel_stride};
  }
};

/// Distance between rows that round_for_tiles() writes, in values.
std::size_t tile_stride(std::size_t units);
/// Returns how many values to allocate for `count` such rows, including what tiles read after the
/// last row. The caller must make the first kTileDepth values after the last row finite.
std::size_t tile_values(std::size_t count, std::size_t units);
/// Rounds `count` rows of `units` values to bfloat16 and fills each up with zeros. Denormal numbers
/// become 0.
void round_for_tiles(ConstRows from, std::size_t count, std::size_t units, Bfloat16* to);

/// W [outputs, inputs] rounded to bfloat16 and cut into tiles; sums are float32. Several threads
/// may multiply at once, but not while another thread packs. The caller keeps `values` alive.
class TileProduct {
 public:
  /// Call pack() before the first product. One of the strides must be 1, unless W is a single row
  /// or column.
  TileProduct(const float* values, std::size_t outputs, std::size_t inputs, WeightStrides strides);

  /// Packs the present values.
  void pack() { pack(0, stored_.count); }
  /// `rows` are `count` whole rows of a parameter in memory, rows.stride values apart. Packs the
  /// weights of W that lie in them and returns their number. A stored row of W holds the weights of
  /// one output, or of one input if W is stored transposed. Packs none and returns 0 if stored rows
  /// of W are not rows.stride apart, or unless the stored rows concerned begin at a multiple of 32
  /// and end at one or at the last. Several threads may each pack rows of their own.
  std::size_t pack_among(ConstRows rows, std::size_t count);
  /// y ← W x + bias, or y += W x with Write::kAdd; `bias` [outputs] or null.
  void multiply(HalfMatrix x, std::size_t rows, const float* bias, Rows y, Write write) const;

  std::size_t outputs() const { return outputs_; }
  std::size_t inputs() const { return inputs_; }
  /// [⌈outputs / 32⌉, ⌈inputs / 32⌉, 2, 16, 16, 2]
  const Bfloat16* tiles() const { return reinterpret_cast<const Bfloat16*>(tiles_.span().data()); }

 private:
  // How the values lie in memory: `count` rows, each of one output or of one input.
  struct Stored {
    bool outputs;
    std::size_t count, stride;
  };
  // Packs rows [first, first + count); both are multiples of 32, or the last row is among them.
  void pack(std::size_t first, std::size_t count);

  const float* values_;
  std::size_t outputs_, inputs_;
  Stored stored_;
  Array tiles_;
};

/// gradient [a_units, b_units] ← or += Σ_r a_r b_rᵀ over `count` > 0 rows. Returns the sum of the
/// squares of the resulting gradient, taken while it is in the first cache.
double tile_gradient(HalfMatrix a, std::size_t a_units, HalfMatrix b, std::size_t b_units,
                     std::size_t count, Rows gradient, Write write);

}  // namespace attend::kernels
