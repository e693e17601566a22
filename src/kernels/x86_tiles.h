// Tiles of AMX: what products by tile instructions share. Internal to this folder.
#pragma once

#include <cstddef>
#include <cstdint>

namespace attend::kernels {

/// What a tile instruction multiplies; the values are bits of CPUID 7, register d.
enum class TileKind : std::uint32_t { kBfloat16 = 1U << 22, kInt8 = 1U << 25 };

/// Whether processor and system have it; asks the system for the tiles.
bool has_tiles(TileKind product);

/// What ldtilecfg reads; give it a static one: g++ 12 believes that only its first bytes are read.
/// Tiles 0–3 are sums, 4 and 5 rows of x, 6 and 7 weights; all 16 × 64 bytes.
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t bytes_in_row[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

/// The share of one block of rows in fetching the weights that come next: `lines` cache lines
/// during every tile instruction of each sum, from `from` on. The blocks together fetch all of
/// them, evenly, so that memory and tiles work at the same time.
struct Ahead {
  static constexpr std::size_t kLine = 64;             // bytes
  static constexpr std::size_t kLinesOfTwoTiles = 32;  // of weights that one step multiplies

  const char* from = nullptr;
  std::size_t lines = 0;

  /// Block `block` of `blocks`; `next` are the weights of two panels of `steps` tiles each. A
  /// single block waits for memory anyway.
  static Ahead share(const void* next, std::size_t steps, std::size_t block, std::size_t blocks) {
    const std::size_t lines = (kLinesOfTwoTiles + blocks - 1) / blocks;
    if (blocks < 2 || block * lines >= kLinesOfTwoTiles) return {};
    return {static_cast<const char*>(next) + block * lines * steps * kLine, lines};
  }
  void fetch() {
    for (std::size_t line = 0; line < lines; ++line) __builtin_prefetch(from + line * kLine, 0, 2);
    from += lines * kLine;
  }
};

/// Before tiles are loaded from memory just written: g++ 12 is not told that loads read it.
inline void finish_writes() { __asm__ volatile("" ::: "memory"); }

}  // namespace attend::kernels
