// Equation and layout: see bfloat16_product.cc. One tile instruction adds the products of 32 inputs
// to the sums of 16 rows × 16 outputs. Must equal: the portable way, bit for bit.
#include "kernels/bfloat16_x86.h"

#include <algorithm>

#include "kernels/x86_tiles.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace attend::kernels {

#if defined(__x86_64__)

#define ATTEND_TILES __attribute__((target("avx512f,amx-tile,amx-bf16")))

FlushDenormals::FlushDenormals() : before_(_mm_getcsr()) {
  constexpr unsigned kFlushToZero = 0x8000, kDenormalsAreZero = 0x40;
  _mm_setcsr(before_ | kFlushToZero | kDenormalsAreZero);
}

FlushDenormals::~FlushDenormals() { _mm_setcsr(before_); }

namespace {

constexpr std::size_t kPanel = 16;  // outputs
constexpr std::size_t kStep = 32;   // inputs of one instruction

// The sums of a block of rows and outputs: they start from the bias and are stored in y or, at the
// edges of y, in a buffer.
struct Sums {
  const float* bias;   // [32], 0 after the last output
  float* to;           // first row, first output
  std::size_t stride;  // between rows, in values
};

// Multiplies 32 rows with two panels.
ATTEND_TILES inline void multiply_four_tiles(const Bfloat16Operands& p, const Bfloat16* x,
                                             const Bfloat16* weights, Ahead ahead,
                                             const Sums& sums) {
  const std::size_t panel_size = kPanel * p.depth, row_bytes = 2 * p.depth;
  _tile_loadd(0, sums.bias, 0);
  _tile_loadd(1, sums.bias + kPanel, 0);
  _tile_loadd(2, sums.bias, 0);
  _tile_loadd(3, sums.bias + kPanel, 0);
  for (std::size_t k = 0; k < p.depth; k += kStep) {
    _tile_loadd(4, x + k, row_bytes);
    _tile_loadd(5, x + kPanel * p.depth + k, row_bytes);
    _tile_loadd(6, weights + k * kPanel, 64);
    _tile_loadd(7, weights + panel_size + k * kPanel, 64);
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
    ahead.fetch();
  }
  _tile_stored(0, sums.to, 4 * sums.stride);
  _tile_stored(1, sums.to + kPanel, 4 * sums.stride);
  _tile_stored(2, sums.to + kPanel * sums.stride, 4 * sums.stride);
  _tile_stored(3, sums.to + kPanel * sums.stride + kPanel, 4 * sums.stride);
}

// Multiplies 16 rows with one panel.
ATTEND_TILES inline void multiply_tile(const Bfloat16Operands& p, const Bfloat16* x,
                                       const Bfloat16* weights, const Sums& sums) {
  _tile_loadd(0, sums.bias, 0);
  for (std::size_t k = 0; k < p.depth; k += kStep) {
    _tile_loadd(4, x + k, 2 * p.depth);
    _tile_loadd(6, weights + k * kPanel, 64);
    _tile_dpbf16ps(0, 4, 6);
  }
  _tile_stored(0, sums.to, 4 * sums.stride);
}

// Multiplies at most 32 rows (read as 16 or 32) with two panels or one.
ATTEND_TILES inline void multiply_block(const Bfloat16Operands& p, const Bfloat16* x,
                                        std::size_t rows, std::size_t first, const Ahead& ahead,
                                        const Sums& sums) {
  const Bfloat16* weights = p.panels + first * p.depth;
  if (rows > kPanel && first + kPanel < p.outputs) {
    return multiply_four_tiles(p, x, weights, ahead, sums);
  }
  for (std::size_t row = 0; row < rows; row += kPanel) {
    for (std::size_t panel = 0; panel < 2 && first + panel * kPanel < p.outputs; ++panel) {
      multiply_tile(
          p, x + row * p.depth, weights + panel * kPanel * p.depth,
          {sums.bias + panel * kPanel, sums.to + row * sums.stride + panel * kPanel, sums.stride});
    }
  }
}

}  // namespace

ATTEND_TILES void multiply_bfloat16_tiles(const Bfloat16Operands& p, const Bfloat16* x,
                                          std::size_t rows, float* y) {
  constexpr std::size_t kRows = 2 * kPanel, kOutputs = 2 * kPanel;
  static constexpr TileConfiguration kConfiguration;
  _tile_loadconfig(&kConfiguration);
  alignas(64) float bias[kOutputs], edge[kRows * kOutputs];
  for (std::size_t first = 0; first < p.outputs; first += kOutputs) {
    const std::size_t count = std::min(kOutputs, p.outputs - first);
    std::fill_n(bias, kOutputs, 0.0F);
    if (p.bias != nullptr) std::copy_n(p.bias + first, count, bias);
    finish_writes();
    const std::size_t blocks = (rows + kRows - 1) / kRows;
    for (std::size_t row = 0; row < rows; row += kRows) {
      const std::size_t own = std::min(kRows, rows - row);
      float* to = y + row * p.outputs + first;
      const Ahead ahead = first + 2 * kOutputs <= p.outputs
                              ? Ahead::share(p.panels + (first + kOutputs) * p.depth,
                                             p.depth / kStep, row / kRows, blocks)
                              : Ahead{};
      const bool inside = count == kOutputs && own % kPanel == 0;
      multiply_block(p, x + row * p.depth, own, first, ahead,
                     {bias, inside ? to : edge, inside ? p.outputs : kOutputs});
      for (std::size_t r = 0; r < own && !inside; ++r) {
        std::copy_n(edge + r * kOutputs, count, to + r * p.outputs);
      }
    }
  }
  _tile_release();
}

#else

FlushDenormals::FlushDenormals() = default;
FlushDenormals::~FlushDenormals() = default;
void multiply_bfloat16_tiles(const Bfloat16Operands&, const Bfloat16*, std::size_t, float*) {}

#endif

}  // namespace attend::kernels
