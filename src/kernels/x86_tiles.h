// Constants and helpers of all products by tile instructions (AMX). Internal to this folder.
#pragma once

#include <cstddef>
#include <cstdint>

namespace attend::kernels {

/// The numbers that a tile instruction multiplies; the values are bits of CPUID 7, register d.
enum class TileKind : std::uint32_t { kBfloat16 = 1U << 22, kInt8 = 1U << 25 };

/// Whether the processor and the system have the instructions for these numbers. The first call
/// asks the system for permission to use tiles.
bool has_tiles(TileKind product);

/// The configuration that ldtilecfg reads: tiles 0 … 7 have 16 rows of 64 bytes each. Pass a static
/// object, because g++ 12 believes that only its first bytes are read.
struct alignas(64) TileConfiguration {
  std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
  std::uint16_t bytes_in_row[16] = {64, 64, 64, 64, 64, 64, 64, 64};
  std::uint8_t rows[16] = {16, 16, 16, 16, 16, 16, 16, 16};
};

/// The part of the next two panels of weights that is prefetched while one block of up to 32 rows
/// of x is multiplied with the present two. fetch(), which each step of the loop over the inputs
/// calls, prefetches `lines` cache lines from `from` on and moves `from` behind them. All blocks
/// together fetch all of the next two panels, evenly, so that memory and tiles work at the same
/// time. Only the products of bfloat16 numbers prefetch.
struct Ahead {
  static constexpr std::size_t kLine = 64;             // bytes
  static constexpr std::size_t kLinesOfTwoTiles = 32;  // the weights that one step multiplies

  const char* from = nullptr;
  std::size_t lines = 0;

  /// Returns the share of block number `block` of `blocks`. `next` points to the weights of two
  /// panels of `steps` tiles each. A single block gets no share, since it waits for memory anyway.
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

/// Call this before tiles are loaded from memory that was just written, because g++ 12 does not
/// know that tile loads read memory.
inline void finish_writes() { __asm__ volatile("" ::: "memory"); }

}  // namespace attend::kernels
