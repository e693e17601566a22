// Products of bfloat16 numbers by instructions that Highway does not offer. Internal to this
// folder.
#pragma once

#include <cstddef>

#include "kernels/bfloat16.h"

namespace attend::kernels {

/// The weights that Bfloat16Product packed.
struct Bfloat16Operands {
  const Bfloat16* panels;      // [⌈outputs / 16⌉, depth / 2, 16, 2]
  const float* bias;           // [outputs] or null
  std::size_t outputs, depth;  // depth: a multiple of 2; the product by tiles: of 32
};

/// While an object of this class lives, denormal numbers count as 0 in this thread, as they always
/// do in tile instructions.
class FlushDenormals {
 public:
  FlushDenormals();
  ~FlushDenormals();
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  unsigned before_ = 0;
};

/// Computes y [rows, outputs] from x [rows, depth]. Reads x up to the next multiple of 16 rows.
/// Call only where has_tiles(TileKind::kBfloat16) is true.
void multiply_bfloat16_tiles(const Bfloat16Operands& operands, const Bfloat16* x, std::size_t rows,
                             float* y);

}  // namespace attend::kernels
