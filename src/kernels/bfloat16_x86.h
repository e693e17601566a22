// Products of bfloat16 by instructions that Highway has no name for. Internal to this folder.
#pragma once

#include <cstddef>

#include "kernels/bfloat16.h"

namespace attend::kernels {

/// What Bfloat16Product packed.
struct Bfloat16Operands {
  const Bfloat16* panels;      // [⌈outputs / 16⌉, depth / 2, 16, 2]
  const float* bias;           // [outputs] or null
  std::size_t outputs, depth;  // depth: a multiple of 2, for tiles of 32
};

/// Denormal numbers are zeros in this thread while it lives, as they always are to tiles.
class FlushDenormals {
 public:
  FlushDenormals();
  ~FlushDenormals();
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  unsigned before_ = 0;
};

/// y [rows, outputs] from x [rows, depth]; reads up to the next multiple of 16 rows. Only where
/// has_tiles() says so.
void multiply_bfloat16_tiles(const Bfloat16Operands& operands, const Bfloat16* x, std::size_t rows,
                             float* y);

}  // namespace attend::kernels
