// Tiles of AMX: what products by tile instructions share. Internal to this folder.
#pragma once

#include <cstdint>

namespace attend::kernels {

/// What a tile instruction multiplies; the values are bits of CPUID 7, register d.
enum class TileKind : std::uint32_t { kBfloat16 = 1U << 22, kInt8 = 1U << 25 };

/// Whether processor and system have it; asks the system for the tiles.
bool has_tiles(TileKind product);

/// What ldtilecfg reads: tiles 0–3 are sums, 4 and 5 rows of x, 6 and 7 weights; all 16 × 64 bytes.
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t bytes_in_row[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

}  // namespace attend::kernels
