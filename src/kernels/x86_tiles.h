// Constants and helpers of all products by tile instructions (AMX). Internal to this folder.
#pragma once

#include <cstddef>
#include <cstdint>

namespace attend::kernels {

/// The numbers that a tile instruction multiplies; the values are bits of CPUID 7, register d.
enum class TileKind : std::uint32_t { kBfloat16 = 1U << 22, kInt8 = 1U << 25 };

/// Whether processor and system have the instructions. The first call asks the system for
/// permission to use tiles.
bool has_tiles(TileKind product);

/// The configuration that ldtilecfg reads. Pass a static object: g++ 12 believes that only its
/// first bytes are read. Tiles 0–3 are sums, 4 and 5 rows of x, 6 and 7 weights; all are 16 × 64
/// bytes.
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t bytes_in_row[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

/// The part of the next weights that one block of rows prefetches: in every step over the inputs,
/// the next `lines` cache lines, beginning at `from`. All blocks together fetch all of these
/// weights, evenly, so that memory and tiles work at the same time.
struct Ahead {
  static constexpr std::size_t kLine = 64;             // bytes
  static constexpr std::size_t kLinesOfTwoTiles = 32;  // the weights that one step multiplies

  const char* from = nullptr;
  std::size_t lines = 0;

  /// The share of block `block` of `blocks`; `next` points to the weights of two panels of `steps`
  /// tiles each. A single block gets none, since it waits for memory anyway.
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

/// Call it before tiles are loaded from memory just written: g++ 12 does not know that tile loads
/// read memory.
inline void finish_writes() { __asm__ volatile("" ::: "memory"); }

}  // namespace attend::kernels
